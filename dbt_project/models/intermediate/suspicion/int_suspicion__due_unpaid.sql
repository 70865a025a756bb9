with

due as (

    select * from {{ ref('int_suspicion__due') }}

),

paid as (

    select * from {{ ref('int_suspicion__payment') }}

),

payments as (

    select
        *,
        null::text as payment_no
    from due
    where not exists (
        select from paid
        where
            paid.labourer_key = due.labourer_key
            and paid.subsidy_type = due.subsidy_type
            and paid.first_month <= due.last_month
            and paid.last_month >= due.first_month
    )

),

suspected as (

    select
        {{ suspected('due_unpaid', of_policy=true) }},
        cap as amount_at_stake,
        jsonb_build_object('policy', policy_id, 'work_region', work_region, 'months_worked', months_worked) as evidence
    from payments

)

select * from suspected
