{#-
    The rows of this model as they were published the last time: none on the first night, and nothing in a column
    that they did not have yet.
-#}
{% macro published_before(schema='reconciliation') %}
    {%- set before = adapter.get_relation(this.database, schema, this.identifier) -%}
    {%- set known = adapter.get_columns_in_relation(before) | map(attribute='name') | list if before else [] -%}
    select
        {% for column in model.columns.values() %}
        {{ column.name if column.name in known else 'null' }}::{{ column.data_type }} as {{ column.name }}
        {{- ',' if not loop.last }}
        {% endfor %}
    {% if before %}
    from {{ before }}
    {% else %}
    where false
    {% endif %}
{% endmacro %}
