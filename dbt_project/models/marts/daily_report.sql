{%- set followed = [
    'registered', 'working_away', 'out_of_province', 'in_province', 'in_county', 'stable_six_months',
    'returnees', 'placed_again', 'trained', 'subsidy_payments', 'subsidy_persons', 'subsidy_amount',
] -%}
{{ config(tags=['nightly']) }}

with

indicators as (

    select * from {{ ref('int_report__indicator') }}

),

before as (

    {{ published_before('marts') }}

),

latest_month as (

    select max(month) as month from indicators

),

nights as (

    select
        night_date,
        division_code,
        division_level,
        division_name,
        month,
        {{ followed | join(',\n        ') }}
    from before
    where night_date < {{ night_date() }}

    union all

    select
        {{ night_date() }},
        division_code,
        division_level,
        division_name,
        month,
        {{ followed | join(',\n        ') }}
    from indicators
    inner join latest_month using (month)

),

compared as (

    select
        nights.*,
        {% for column in ['working_away', 'stable_six_months', 'returnees', 'placed_again', 'trained', 'subsidy_amount'] %}
        {{ column }} - lag({{ column }}) over by_night as {{ column }}_change,
        {% endfor %}
        {{ percent('working_away', 'registered') }} as working_away_percent_of_registered,
        {{ percent('stable_six_months', 'working_away') }} as stable_percent_of_working_away,
        {{ percent('placed_again', 'returnees') }} as placed_again_percent_of_returnees
    from nights
    window by_night as (partition by division_code order by night_date)

)

select * from compared
