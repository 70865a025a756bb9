{#- Whether what was accepted is this break, tonight, with the values that it has. -#}
{% macro is_accepted_as(accepted, found) -%}
    {{ accepted }}.break_id = {{ found }}.break_id
    and {{ night_date() }} between {{ accepted }}.accepted_on and {{ accepted }}.accepted_until
    {%- for level in levels() %}
    and {{ accepted }}.{{ level }}_value is not distinct from {{ found }}.{{ level }}_value
    {%- endfor %}
{%- endmacro %}
