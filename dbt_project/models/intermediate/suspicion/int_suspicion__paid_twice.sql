with

payments as (

    -- two payments that the ledger names by no known subsidy need not be of one
    select * from {{ ref('int_suspicion__payment') }}
    where subsidy_type <> 'unmapped'

),

overlapping as (

    select distinct on (payments.year, payments.payment_no)
        payments.*,
        earlier.payment_no as earlier_no,
        earlier.amount as earlier_amount
    from payments
    inner join payments as earlier
        on earlier.labourer_key = payments.labourer_key
        and earlier.subsidy_type = payments.subsidy_type
        and earlier.first_month <= payments.last_month
        and earlier.last_month >= payments.first_month
        and (earlier.paid_on, earlier.year, earlier.payment_no)
        < (payments.paid_on, payments.year, payments.payment_no)
    order by payments.year, payments.payment_no, earlier.paid_on, earlier.year, earlier.payment_no

),

suspected as (

    select
        {{ suspected('paid_twice', confidence="case when times > 1 then 'low' end") }},
        least(amount, earlier_amount) as amount_at_stake,
        jsonb_build_object('paid_before_as', earlier_no, 'amount', amount, 'amount_before', earlier_amount) as evidence
    from overlapping

)

select * from suspected
