{{ config(materialized='view') }}

with

employment as (

    select * from {{ ref('int_employment__agreed') }}
    where is_agreed

),

reporting_months as (

    select * from {{ ref('int_employment__reported') }}

),

beside_the_last as (

    select
        employment.person_key,
        employment.period,
        employment.village_code,
        employment.work_status,
        employment.household_type,
        employment.skill,
        reporting_months.next_month as next_period,
        coalesce(
            lag(reporting_months.month_no) over by_month = reporting_months.month_no - 1
            {% for column in ['work_status', 'household_type', 'skill', 'village_code'] %}
            and employment.{{ column }} is not distinct from lag(employment.{{ column }}) over by_month
            {% endfor %},
            false
        ) as is_unchanged
    from employment
    inner join reporting_months
        on reporting_months.village_code = employment.village_code
        and reporting_months.month = employment.period
    window by_month as (partition by employment.person_key order by employment.period)

),

numbered as (

    select
        *,
        count(*) filter (where not is_unchanged) over (partition by person_key order by period)::integer as version_no
    from beside_the_last

)

select * from numbered
