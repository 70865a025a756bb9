{#- A count for a report: nothing where it is of one to four persons, who could be told from so few. -#}
{% macro suppressed(count) -%}
    case when {{ count }} between 1 and 4 then null else {{ count }} end
{%- endmacro %}
