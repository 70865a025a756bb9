{#- The last month that a payment is for: the first where none is given, December where only a year is. -#}
{% macro last_month(period_from, period_to, precision) -%}
    greatest(
        date_trunc('month', {{ period_from }})::date,
        case
            when {{ precision }} = 'year' then (date_trunc('year', {{ period_to }}) + interval '11 months')::date
            else date_trunc('month', {{ period_to }})::date
        end
    )
{%- endmacro %}
