with

reporting_months as (

    select * from {{ ref('int_report__month') }}

),

payments as (

    select * from {{ ref('fct_subsidy') }}
    where is_paid

),

counted as (

    -- of the year's ledger, what was paid by the end of the month, in a year's last all; of all subsidies together where there is no type
    select
        reporting_months.month,
        coalesce(payments.township_code, min({{ county_of('payments.township_code') }})) as division_code,
        payments.subsidy_type,
        count(*) as payments,
        count(distinct payments.labourer_key) as persons,
        sum(payments.amount) as amount
    from payments
    inner join reporting_months
        on payments.year = extract(year from reporting_months.month)
        and coalesce(payments.paid_on, 'infinity') <= reporting_months.counts_until
    group by grouping sets (
        (reporting_months.month, payments.township_code, payments.subsidy_type),
        (reporting_months.month, payments.township_code),
        (reporting_months.month, payments.subsidy_type),
        (reporting_months.month)
    )

)

select * from counted
