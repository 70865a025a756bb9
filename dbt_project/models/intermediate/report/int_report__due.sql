with

due as (

    select * from {{ ref('int_suspicion__due_settled') }}

),

months as (

    select * from {{ ref('int_report__month') }}

),

counted as (

    select
        months.month,
        coalesce(due.township_code, min({{ county_of('due.township_code') }})) as division_code,
        due.subsidy_type,
        count(distinct due.labourer_key) as due,
        count(distinct due.labourer_key) filter (where due.paid_on <= months.counts_until) as due_paid
    from due
    inner join months
        on due.year = extract(year from months.month)
        and due.last_month <= months.month
        and coalesce(due.next_month > months.month, true)
    group by grouping sets ((months.month, due.township_code, due.subsidy_type), (months.month, due.subsidy_type))

)

select * from counted
