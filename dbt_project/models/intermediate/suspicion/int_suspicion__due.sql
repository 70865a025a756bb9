with

payments as (

    select * from {{ ref('int_subsidy__payment') }}
    where is_paid

),

people as (

    select * from {{ ref('int_suspicion__person') }}

),

work as (

    -- what a month's ledger says of somebody holds until the next one of the year
    select
        *,
        extract(year from month)::integer as year,
        lead(month) over (partition by labourer_key, extract(year from month) order by month) as next_month
    from {{ ref('fct_employment') }}

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

due as (

    select
        work.labourer_key,
        policies.subsidy_type,
        work.year,
        work.township_code,
        make_date(work.year, 1, 1) as first_month,
        work.month as last_month,
        work.next_month,
        work.work_region,
        work.months_worked,
        policies.policy_id,
        policies.cap,
        policies.document,
        policies.confidence
    from work
    inner join people using (labourer_key)
    inner join policies
        on (policies.area_tier is null or policies.area_tier = work.work_region)
        and work.month between policies.valid_from and coalesce(policies.valid_to, 'infinity')
    inner join told_years
        on told_years.subsidy_type = policies.subsidy_type and told_years.year = work.year
    where
        work.is_working_away
        and work.months_worked >= policies.due_after_months
        and not (coalesce(policies.excludes_point_to_point, false) and coalesce(work.point_to_point, false))
        and {{ is_of_age(end_of_month('work.month'), 'people.birth_date', 'policies.min_age', highest_age('people.gender')) }}

)

select * from due
