{{ config(materialized='view') }}

with

payments as (

    select * from {{ ref('int_subsidy__payment') }}
    where is_paid

),

people as (

    select * from {{ ref('int_suspicion__person') }}

),

work as (

    select * from {{ ref('int_suspicion__work') }}

),

paid as (

    select
        payments.year,
        payments.payment_no,
        payments.labourer_key,
        payments.payee_key,
        payments.account_key,
        payments.subsidy_type,
        payments.village_code,
        payments.payee_relation,
        payments.amount,
        payments.first_month,
        payments.last_month,
        {{ months_between('payments.first_month', 'payments.last_month') }} as months,
        coalesce(payments.paid_on, payments.last_month) as paid_on,
        -- the last day on which the money was due: paid late, it still is for its own months
        least({{ last_day_of('payments.paid_on') }}, {{ end_of_month('payments.last_month') }}) as due_on,
        people.birth_date,
        people.gender,
        -- where no register of the year tells of it yet, that of the year before has to do
        coalesce(work.work_regions, work_before.work_regions) as work_regions
    from payments
    inner join people using (labourer_key)
    left join work
        on work.labourer_key = payments.labourer_key and work.year = extract(year from payments.first_month)
    left join work as work_before
        on work_before.labourer_key = payments.labourer_key
        and work_before.year = extract(year from payments.first_month) - 1

)

select * from paid
