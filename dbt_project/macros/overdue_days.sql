{#- How many days a break may be open, or wait for the county to accept it, before it is overdue. -#}
{% macro overdue_days() -%}
    {{ env_var("TAIZHANG_OVERDUE_DAYS", "7") }}
{%- endmacro %}
