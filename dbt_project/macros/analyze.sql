{#-
    Tells the planner what a new table holds, as no vacuum comes by between two models. Of a table with very many
    columns it is enough to look at those by which it is joined: `joined_by` in the model's meta.
-#}
{% macro analyze() -%}
    {%- set joined_by = (config.get('meta') or {}).get('joined_by') -%}
    {%- if config.get('materialized') == 'table' -%}
        analyze {{ this }} {%- if joined_by %} ({{ joined_by | join(', ') }}) {%- endif -%}
    {%- endif -%}
{%- endmacro %}
