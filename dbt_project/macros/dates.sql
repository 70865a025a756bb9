{#- Whether two dates are the same as far as both are told. -#}
{% macro same_date(one, other) -%}
    coalesce(not {{ differs({'compare': 'date'}, one, other) }}, false)
{%- endmacro %}

{#- Whether a date is not before another, as far as both are told. -#}
{% macro not_before(one, other) -%}
    {%- set precision = 'greatest(' ~ one ~ '_precision, ' ~ other ~ '_precision)' -%}
    date_trunc({{ precision }}, {{ one }}::timestamp) >= date_trunc({{ precision }}, {{ other }}::timestamp)
{%- endmacro %}

{% macro end_of_month(month) -%}
    ({{ month }} + interval '1 month - 1 day')::date
{%- endmacro %}

{#- How many whole months lie between two days, both of them counted. -#}
{% macro whole_months(first_day, last_day) -%}
    (
        12 * extract(year from age({{ last_day }} + 1, {{ first_day }}))
        + extract(month from age({{ last_day }} + 1, {{ first_day }}))
    )::integer
{%- endmacro %}

{#- The last day that a date can mean: of a month its last one. -#}
{% macro last_day_of(date) -%}
    (date_trunc({{ date }}_precision, {{ date }}::timestamp) + ('1 ' || {{ date }}_precision)::interval - interval '1 day')::date
{%- endmacro %}
