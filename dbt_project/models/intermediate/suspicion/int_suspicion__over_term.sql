with

limited as (

    select
        *,
        sum(months) over (partition by labourer_key, subsidy_type) as months_at_most
    from {{ ref('int_suspicion__payment') }}
    where max_months is not null

),

paid_months as (

    -- a month that was paid twice counts once
    select
        limited.*,
        limited.amount / limited.months as amount_of_month,
        dense_rank() over (
            partition by limited.labourer_key, limited.subsidy_type order by paid.month
        ) as nth_month
    from limited
    cross join lateral generate_series(limited.first_month, limited.last_month, interval '1 month') as paid (month)
    where limited.months_at_most > limited.max_months

),

payments as (

    select distinct on (labourer_key, subsidy_type)
        *,
        sum(amount_of_month) over (partition by labourer_key, subsidy_type) as beyond
    from paid_months
    where nth_month > max_months
    order by labourer_key, subsidy_type, nth_month desc, paid_on desc, payment_no

),

suspected as (

    select
        {{ suspected('over_term', of_policy=true) }},
        round(beyond, 2) as amount_at_stake,
        jsonb_build_object('policy', policy_id, 'months_allowed', max_months, 'months_paid', nth_month) as evidence
    from payments

)

select * from suspected
