with

counted as (

    -- months of the years without a term count for it, too
    select
        *,
        sum(months) over of_subsidy as months_at_most,
        min(max_months) over of_subsidy as shortest_term
    from {{ ref('int_suspicion__payment') }}
    window of_subsidy as (partition by labourer_key, subsidy_type)

),

paid_months as (

    -- a month that was paid twice counts once
    select
        counted.*,
        counted.amount / counted.months as amount_of_month,
        dense_rank() over (
            partition by counted.labourer_key, counted.subsidy_type order by paid.month
        ) as nth_month
    from counted
    cross join lateral generate_series(counted.first_month, counted.last_month, interval '1 month') as paid (month)
    where counted.months_at_most > counted.shortest_term

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
