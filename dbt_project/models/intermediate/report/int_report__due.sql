with

due as (

    select * from {{ ref('int_suspicion__due_settled') }}

),

reporting_months as (

    select distinct month from {{ ref('int_employment__reported') }}

),

closed as (

    -- what is still paid for a year counts in its last month
    select
        month,
        case
            when lead(month) over (partition by extract(year from month) order by month) is null then 'infinity'
            else {{ end_of_month('month') }}
        end as paid_until
    from reporting_months

),

counted as (

    select
        closed.month,
        coalesce(due.township_code, min({{ county_of('due.township_code') }})) as division_code,
        due.subsidy_type,
        count(distinct due.labourer_key) as due,
        count(distinct due.labourer_key) filter (where due.paid_on <= closed.paid_until) as due_paid
    from due
    inner join closed
        on due.year = extract(year from closed.month)
        and due.last_month <= closed.month
        and coalesce(due.next_month > closed.month, true)
    group by grouping sets ((closed.month, due.township_code, due.subsidy_type), (closed.month, due.subsidy_type))

)

select * from counted
