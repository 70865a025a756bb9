{{ config(materialized='table') }}

with

payments as (

    select * from {{ ref('int_subsidy__payment') }}
    where is_paid

),

people as (

    select * from {{ ref('int_suspicion__person') }}

),

work as (

    select
        *,
        extract(year from month)::integer as year
    from {{ ref('fct_employment') }}

),

carried as (

    select labourer_key, year
    from {{ ref('int_suspicion__work') }}
    where point_to_point

),

policies as (

    select * from {{ ref('subsidy_policy') }}
    where due_after_months is not null

),

-- a year of which the ledger tells no payment is not judged
told_years as (

    select distinct subsidy_type, extract(year from first_month)::integer as year
    from payments

),

entitled as (

    select
        work.labourer_key,
        policies.subsidy_type,
        work.year,
        work.month,
        work.work_region,
        work.months_worked,
        policies.policy_id,
        policies.cap,
        policies.document,
        policies.confidence
    from work
    inner join people using (labourer_key)
    inner join policies
        on (policies.area_tier is null or policies.area_tier = {{ area_tier('work.work_region') }})
        and work.month between policies.valid_from and coalesce(policies.valid_to, 'infinity')
    inner join told_years
        on told_years.subsidy_type = policies.subsidy_type and told_years.year = work.year
    where
        work.is_working_away
        and work.months_worked >= policies.due_after_months
        -- no join: Postgres expects so few here that it would read the carried anew for each of them
        and (policies.excludes_point_to_point is not true or (work.labourer_key, work.year) not in (select * from carried))
        and {{ is_of_age(end_of_month('work.month'), 'people.birth_date', 'policies.min_age', highest_age('people.gender')) }}

)

select * from entitled
