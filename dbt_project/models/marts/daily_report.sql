{%- set followed = [
    'registered', 'working_away', 'out_of_province', 'in_province', 'in_county', 'stable_six_months',
    'returnees', 'placed_again', 'trained', 'subsidy_payments', 'subsidy_persons', 'subsidy_amount',
] -%}
{%- set division = ['night_date', 'division_code', 'division_level', 'division_name', 'month'] -%}
{{ config(tags=['nightly']) }}

with

indicators as (

    select * from {{ ref('int_report__indicator') }}

),

latest_month as (

    select max(month) as month from indicators

),

tonight as (

    select
        {{ night_date() }} as night_date,
        indicators.*
    from indicators
    inner join latest_month using (month)

),

nights as (

    {{ with_nights_before('tonight', 'marts', division + followed) }}

),

compared as (

    select
        *,
        {% for column in ['working_away', 'stable_six_months', 'returnees', 'placed_again'] %}
        {{ column }} - lag({{ column }}) over by_night as {{ column }}_change,
        {% endfor %}
        {% for column in ['trained', 'subsidy_amount'] %}
        -- counted from the beginning of the year
        {{ column }} - case
            when lag(month) over by_night >= date_trunc('year', month) then lag({{ column }}) over by_night
            when lag(month) over by_night is not null then 0
        end as {{ column }}_change,
        {% endfor %}
        {{ percent('working_away', 'registered') }} as working_away_percent_of_registered,
        {{ percent('stable_six_months', 'working_away') }} as stable_percent_of_working_away,
        {{ percent('placed_again', 'returnees') }} as placed_again_percent_of_returnees
    from nights
    window by_night as (partition by division_code order by night_date)

)

select * from compared
