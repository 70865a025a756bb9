{%- set counts = {
    'registered': [],
    'working_away': ['registered'],
    'out_of_province': ['working_away', 'registered'],
    'stable_six_months': ['working_away', 'registered'],
    'returnees': ['registered'],
} -%}
{%- set neighbours = 'month, township_code' -%}
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

flagged as (

    select *, {{ is_small('registered') }} as is_small from counted

),

hidden as (

    -- of whom the register tells too little, nothing is told
    select
        *,
        is_small or {{ is_telling('registered', 'is_small', neighbours) }} as is_hidden
    from flagged

),

suppressed as (

    select
        *,
        {% for count, wholes in counts.items() %}
        is_hidden or {{ is_small(count, wholes) }} as {{ count }}_is_hidden{{ ',' if not loop.last }}
        {% endfor %}
    from hidden

),

protected as (

    select
        month,
        division_code,
        township_code,
        is_carried_forward,
        is_hidden,
        {% for count in counts %}
        {%- set is_hidden = count ~ '_is_hidden' %}
        case
            when not ({{ is_hidden }} or {{ is_telling(count, is_hidden, neighbours) }}) then {{ count }}
        end as {{ count }}{{ ',' if not loop.last }}
        {% endfor %}
    from suppressed

)

select * from protected
