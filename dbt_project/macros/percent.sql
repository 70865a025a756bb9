{#- One number as a percentage of another, to two decimals; nothing where there is nothing to divide by. -#}
{% macro percent(part, whole) -%}
    round(100.0 * {{ part }} / nullif({{ whole }}, 0), 2)::numeric(9, 2)
{%- endmacro %}
