{{ config(materialized='table') }}

with

work as (

    -- what a month's ledger says of somebody holds until the next one of the year
    select
        labourer_key,
        month,
        township_code,
        extract(year from month)::integer as year,
        lead(month) over (partition by labourer_key, extract(year from month) order by month) as next_month
    from {{ ref('fct_employment') }}

),

entitled as (

    select * from {{ ref('int_suspicion__entitled') }}

),

due as (

    -- who has earned it and then comes home has earned it all the same
    select distinct on (work.labourer_key, entitled.subsidy_type, work.month)
        work.labourer_key,
        entitled.subsidy_type,
        work.year,
        work.township_code,
        make_date(work.year, 1, 1) as first_month,
        work.month as last_month,
        work.next_month,
        entitled.work_region,
        entitled.months_worked,
        entitled.policy_id,
        entitled.cap,
        entitled.document,
        entitled.confidence
    from work
    inner join entitled
        on entitled.labourer_key = work.labourer_key
        and entitled.year = work.year
        and entitled.month <= work.month
    order by
        work.labourer_key,
        entitled.subsidy_type,
        work.month,
        entitled.month desc,
        entitled.cap desc nulls last,
        entitled.policy_id

)

select * from due
