with

paid as (

    select * from {{ ref('int_suspicion__payment') }}
    where
        payee_key <> labourer_key
        and coalesce(payee_relation, 'unknown') not in ('employer', 'provider')

),

people as (

    select * from {{ ref('int_suspicion__person') }}

),

payments as (

    select
        paid.*,
        {{ are_listed_together('payees.households', 'beneficiaries.households') }} as is_one_household
    from paid
    inner join people as beneficiaries using (labourer_key)
    inner join people as payees on payees.labourer_key = paid.payee_key
    where
        paid.payee_relation = 'self'
        -- not judged where either household is unknown
        or not {{ are_listed_together('payees.households', 'beneficiaries.households') }}

),

suspected as (

    select
        {{ suspected('payee_outside_household') }},
        amount as amount_at_stake,
        jsonb_build_object('payee_is_said_to_be', payee_relation, 'is_one_household', is_one_household) as evidence
    from payments

)

select * from suspected
