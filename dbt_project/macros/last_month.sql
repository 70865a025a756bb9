{#- The last month that a payment is for: that of its start where no end is given, December where only a year is. -#}
{% macro last_month(period_from, period_to) -%}
    greatest(
        date_trunc('month', {{ period_from }})::date,
        date_trunc(
            'month', case when {{ period_to }} is null then {{ last_day_of(period_from) }} else {{ last_day_of(period_to) }} end
        )::date
    )
{%- endmacro %}
