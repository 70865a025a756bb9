with

facts as (

    select extract(year from month) as year, month, true as is_register from {{ ref('int_employment__reported') }}

    union all

    select year, date_trunc('month', coalesce(ended_on, started_on))::date, false from {{ ref('fct_training') }}

    union all

    select year, date_trunc('month', paid_on)::date, false from {{ ref('fct_subsidy') }}
    where is_paid

),

reporting_months as (

    select distinct month from facts
    where is_register

    union all

    -- a year of which there is no register has the last month that its other ledgers tell of
    select greatest(least(max(month), make_date(year::integer, 12, 1)), make_date(year::integer, 1, 1))
    from facts
    group by year
    having not bool_or(is_register)

),

closed as (

    -- what is still paid for a year, or has no date, counts in its last month
    select
        month,
        case
            when lead(month) over (partition by extract(year from month) order by month) is null then 'infinity'
            else {{ end_of_month('month') }}
        end as counts_until
    from reporting_months

)

select * from closed
