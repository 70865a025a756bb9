with

paid as (

    select * from {{ ref('int_suspicion__payment') }}

),

payments as (

    select distinct on (paid.year, paid.payment_no)
        paid.*,
        other.subsidy_type as other_type,
        other.payment_no as other_no,
        other.amount as other_amount
    from paid
    inner join paid as other
        on other.labourer_key = paid.labourer_key
        and {{ is_listed('other.subsidy_type', 'paid.excluded_with') }}
        and other.first_month <= paid.last_month
        and other.last_month >= paid.first_month
    where paid.excluded_with is not null
    order by paid.year, paid.payment_no, other.year, other.payment_no

),

suspected as (

    select
        {{ suspected('excluded_by_subsidy', of_policy=true) }},
        least(amount, other_amount) as amount_at_stake,
        jsonb_build_object('policy', policy_id, 'excluded_by', other_type, 'paid_as', other_no) as evidence
    from payments

)

select * from suspected
