{%- set counts = {
    'registered': [],
    'working_away': ['registered'],
    'out_of_province': ['working_away', 'registered'],
    'stable_six_months': ['working_away', 'registered'],
    'returnees': ['registered'],
} -%}
with

employment as (

    select * from {{ ref('fct_employment_standing') }}

),

counted as (

    select
        month,
        village_code as division_code,
        township_code,
        bool_and(is_carried_forward) as is_carried_forward,
        count(*) as registered,
        count(*) filter (where is_working_away) as working_away,
        count(*) filter (where is_working_away and work_region in ('out_of_province', 'abroad')) as out_of_province,
        count(*) filter (where is_stable_six_months) as stable_six_months,
        count(*) filter (where returned) as returnees
    from employment
    group by month, village_code, township_code

),

suppressed as (

    select
        month,
        division_code,
        township_code,
        is_carried_forward,
        {% for count, wholes in counts.items() %}
        {{ suppressed(count, wholes) }} as {{ count }}{{ ',' if not loop.last }}
        {% endfor %}
    from counted

),

protected as (

    select
        month,
        division_code,
        township_code,
        is_carried_forward,
        {% for count in counts %}
        {{ never_alone(count) }} as {{ count }}{{ ',' if not loop.last }}
        {% endfor %}
    from suppressed

)

select * from protected
