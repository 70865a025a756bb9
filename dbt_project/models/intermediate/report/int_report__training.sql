with

reporting_months as (

    select * from {{ ref('int_report__month') }}

),

training as (

    select * from {{ ref('fct_training') }}

),

counted as (

    -- this year's classes that ended by the end of the month, in a year's last all
    select
        reporting_months.month,
        coalesce(training.township_code, min({{ county_of('training.township_code') }})) as division_code,
        count(distinct training.labourer_key) as trained,
        count(*) as trainings,
        count(*) filter (where training.certified) as certified,
        count(*) filter (where training.is_six_months_over) as trainings_six_months_over,
        count(*) filter (where training.is_six_months_over and training.in_work_within_six_months)
            as in_work_within_six_months
    from training
    inner join reporting_months
        on training.year = extract(year from reporting_months.month)
        and coalesce(training.ended_on, training.started_on, 'infinity') <= reporting_months.counts_until
    group by grouping sets ((reporting_months.month, training.township_code), (reporting_months.month))

)

select * from counted
