with

due as (

    select * from {{ ref('int_suspicion__due_settled') }}

),

payments as (

    -- by the last ledger of the year that has the labourer
    select
        *,
        null::text as payment_no
    from due
    where next_month is null and paid_on is null

),

suspected as (

    select
        {{ suspected('due_unpaid', of_policy=true) }},
        cap as amount_at_stake,
        jsonb_build_object('policy', policy_id, 'work_region', work_region, 'months_worked', months_worked) as evidence
    from payments

)

select * from suspected
