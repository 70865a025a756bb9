{#- Whether two payments are of one subsidy, or may be, as a name that nobody knows may be that of any. -#}
{% macro may_be_one_subsidy(one, other) -%}
    ({{ one }}.subsidy_type = {{ other }}.subsidy_type or 'unmapped' in ({{ one }}.subsidy_type, {{ other }}.subsidy_type))
{%- endmacro %}
