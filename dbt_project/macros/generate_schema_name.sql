{#-
    A model's schema is the one that the project names, without the target's in front. A reproduction of an earlier
    night has schemas of its own, named by its date.
-#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- set schema = custom_schema_name or target.schema -%}
    {%- set reproduction = env_var('TAIZHANG_REPRODUCTION', '') -%}
    {{ schema | replace('_next', '') ~ '_' ~ reproduction if reproduction else schema }}
{%- endmacro %}
