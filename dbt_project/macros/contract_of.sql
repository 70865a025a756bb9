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
    {{ return(with_precisions(contract_of(ledger).columns)) }}
{% endmacro %}

{% macro compared_columns_of(ledger) %}
    {{ return(contract_of(ledger).columns | selectattr('compared') | list) }}
{% endmacro %}

{#- What is not compared, as levels need not agree on it. -#}
{% macro carried_columns_of(ledger) %}
    {{ return(contract_of(ledger).columns | rejectattr('compared') | list) }}
{% endmacro %}

{#- The names of columns, of a date also its precision's. -#}
{% macro with_precisions(columns) %}
    {% set names = [] %}
    {% for column in columns %}
        {% do names.append(column.name) %}
        {% if column.has_precision %}
            {% do names.append(column.name ~ '_precision') %}
        {% endif %}
    {% endfor %}
    {{ return(names) }}
{% endmacro %}
