with

employment as (

    select
        min(least(month, started_on, ended_on, returned_on)) as first_day,
        max(greatest(month, started_on, ended_on, returned_on)) as last_day
    from {{ ref('fct_employment') }}

),

training as (

    select
        min(least(make_date(year, 1, 1), started_on, ended_on)) as first_day,
        max(greatest(make_date(year, 1, 1), started_on, ended_on)) as last_day
    from {{ ref('fct_training') }}

),

subsidy as (

    select
        min(least(make_date(year, 1, 1), period_from, period_to, paid_on)) as first_day,
        max(greatest(make_date(year, 1, 1), period_from, period_to, paid_on)) as last_day
    from {{ ref('fct_subsidy') }}

),

span as (

    select
        date_trunc('year', least(employment.first_day, training.first_day, subsidy.first_day)) as first_day,
        date_trunc('year', greatest(employment.last_day, training.last_day, subsidy.last_day))
        + interval '1 year - 1 day' as last_day
    from employment
    cross join training
    cross join subsidy

),

days as (

    select generate_series(first_day, last_day, interval '1 day')::date as date_day
    from span

)

select * from days
