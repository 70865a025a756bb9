with

payments as (

    select * from {{ ref('int_subsidy__payment') }}
    where is_paid and amount > failed_amount

),

suspected as (

    select
        {{ suspected('reissue_above_failed') }},
        amount - failed_amount as amount_at_stake,
        jsonb_build_object('reissue_of', failed_no, 'failed_amount', failed_amount, 'amount', amount) as evidence
    from payments

)

select * from suspected
