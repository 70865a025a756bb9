{{ config(materialized='table') }}

with

due as (

    select * from {{ ref('int_suspicion__due') }}

),

payments as (

    select * from {{ ref('int_suspicion__payment') }}

),

settled as (

    select
        due.labourer_key,
        due.subsidy_type,
        due.last_month,
        min(payments.paid_on) as paid_on
    from due
    inner join payments
        on payments.labourer_key = due.labourer_key
        and payments.subsidy_type = due.subsidy_type
        and payments.first_month <= due.last_month
        and payments.last_month >= due.first_month
    group by due.labourer_key, due.subsidy_type, due.last_month

),

followed as (

    select
        due.*,
        settled.paid_on
    from due
    left join settled using (labourer_key, subsidy_type, last_month)

)

select * from followed
