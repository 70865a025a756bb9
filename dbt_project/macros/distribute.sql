{#-
    Where the warehouse is a Citus cluster (TAIZHANG_CITUS), spread a table over its workers as `distribution` in
    the model's meta says: by a column, or whole on each of them (`reference`). Off by default, and then nothing.
-#}
{% macro distribute() -%}
    {%- set by = (config.get('meta') or {}).get('distribution') -%}
    {%- if env_var('TAIZHANG_CITUS', 'false') == 'true' and config.get('materialized') == 'table' and by -%}
        {{ distribution_of(this, by) }}
    {%- endif -%}
{%- endmacro %}

{#- Tables that are spread by columns of one type lie side by side: what joins on them never leaves a worker. -#}
{% macro distribution_of(relation, by) -%}
    {%- if by == 'reference' -%}
        select create_reference_table('{{ relation }}')
    {%- else -%}
        select create_distributed_table('{{ relation }}', '{{ by }}')
    {%- endif -%}
{%- endmacro %}
