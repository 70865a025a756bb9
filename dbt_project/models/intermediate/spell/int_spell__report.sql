with

employment as (

    select
        labourer_key,
        month,
        township_code,
        village_code,
        employer_key,
        work_status,
        channel,
        work_region,
        work_province,
        work_city,
        employer,
        job,
        train_no,
        monthly_income,
        started_on,
        started_on_precision,
        ended_on,
        ended_on_precision,
        lead(month) over by_month as next_month,
        lead(returned_on) over by_month as next_returned_on,
        lead(returned_on_precision) over by_month as next_returned_on_precision,
        work_status in ('working_away', 'self_employed', 'flexible') or ended_on is not null as tells_of_work
    from {{ ref('fct_employment') }}
    window by_month as (partition by labourer_key order by month)

),

counted as (

    select
        *,
        count(*) filter (where not tells_of_work) over (
            partition by labourer_key
            order by month
        ) as idle_reports
    from employment

),

beside_the_last as (

    select
        *,
        lag(month) over by_month as last_month,
        lag(idle_reports) over by_month as last_idle_reports,
        lag(employer_key) over by_month as last_employer_key,
        lag(work_status) over by_month as last_work_status,
        lag(started_on) over by_month as last_started_on,
        lag(started_on_precision) over by_month as last_started_on_precision,
        lag(ended_on) over by_month as last_ended_on
    from counted
    where tells_of_work
    window by_month as (partition by labourer_key order by month)

),

numbered as (

    select
        *,
        count(*) filter (where not coalesce({{ spell_goes_on() }}, false)) over (
            partition by labourer_key
            order by month
        )::integer as spell_no
    from beside_the_last

)

select * from numbered
