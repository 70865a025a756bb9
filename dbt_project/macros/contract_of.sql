{% macro contract_of(ledger) %}
    {{ return({
        'employment': employment_contract,
        'training': training_contract,
        'subsidy': subsidy_contract,
    }[ledger]()) }}
{% endmacro %}

{% macro ledgers() %}
    {{ return(['employment', 'training', 'subsidy']) }}
{% endmacro %}

{% macro levels() %}
    {{ return(['county', 'township', 'village']) }}
{% endmacro %}

{#- Every column beyond the key that a ledger has from staging on, precisions of dates included. -#}
{% macro columns_of(ledger) %}
    {% set names = [] %}
    {% for column in contract_of(ledger).columns %}
        {% do names.append(column.name) %}
        {% if column.has_precision %}
            {% do names.append(column.name ~ '_precision') %}
        {% endif %}
    {% endfor %}
    {{ return(names) }}
{% endmacro %}

{% macro compared_columns_of(ledger) %}
    {{ return(contract_of(ledger).columns | selectattr('compared') | list) }}
{% endmacro %}
