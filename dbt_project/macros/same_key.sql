{#- Whether two records have the same key, where `using` would not know which of the columns joined before is meant. -#}
{% macro same_key(key, one, other) -%}
    {% for column in key %}{{ one }}.{{ column }} = {{ other }}.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
{%- endmacro %}
