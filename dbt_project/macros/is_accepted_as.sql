{#-
    Whether what was accepted is this break, tonight, with the values that it has. A record that a level lacks has no
    values: there it is the level, which was not always kept.
-#}
{% macro is_accepted_as(accepted, found) -%}
    {{ accepted }}.break_id = {{ found }}.break_id
    and {{ night_date() }} between {{ accepted }}.accepted_on and {{ accepted }}.accepted_until
    {%- for level in levels() %}
    and {{ accepted }}.{{ level }}_value is not distinct from {{ found }}.{{ level }}_value
    {%- endfor %}
    and (
        {{ accepted }}.kind is null
        or {{ found }}.kind not in ('absent', 'extra')
        or ({{ accepted }}.kind, {{ accepted }}.level) is not distinct from ({{ found }}.kind, {{ found }}.level)
    )
{%- endmacro %}
