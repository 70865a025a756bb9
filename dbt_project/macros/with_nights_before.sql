{#-
    Tonight's rows behind those that this model was published with for the nights before. The columns are the
    model's own, or those named, from which the others follow. What was published had none of a column that is new.

    Nothing of it is in the table that is built, so a full refresh keeps the history too.
-#}
{% macro with_nights_before(tonight, schema='reconciliation', columns=none) %}
    {%- set columns = columns or model.columns.keys() | list %}
    select
        {{ columns | join(',\n        ') }}
    from (
        {{ published_before(schema) }}
    ) as before
    where night_date < {{ night_date() }}

    union all

    select
        {{ columns | join(',\n        ') }}
    from {{ tonight }}
{% endmacro %}

{#-
    The rows of this model as they were published the last time: none on the first night, and nothing in a column
    that they did not have yet.
-#}
{% macro published_before(schema) %}
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
