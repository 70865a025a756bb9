with

attempts as (

    select * from {{ ref('int_subsidy__payment') }}
    where times_paid > 1

),

payments as (

    select
        *,
        sum(amount) filter (where status = 'paid' and not is_paid) over (partition by chain_key) as paid_before,
        min(payment_no) filter (where status = 'paid' and not is_paid) over (partition by chain_key) as before_no
    from attempts

),

suspected as (

    select
        {{ suspected('reissued_though_paid') }},
        paid_before as amount_at_stake,
        jsonb_build_object('paid_before_as', before_no, 'times_paid', times_paid, 'paid_before', paid_before) as evidence
    from payments
    where is_paid

)

select * from suspected
