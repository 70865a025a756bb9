with

payments as (

    -- what was paid in years without a cap counts for that of a lifetime, too
    select
        *,
        case cap_per when 'month' then cap * months else cap end as allowed,
        case cap_per
            when 'lifetime' then sum(amount) over in_lifetime
            when 'year' then sum(amount) over in_year
            else amount
        end as charged
    from {{ ref('int_suspicion__payment') }}
    window
        in_lifetime as (partition by labourer_key, subsidy_type order by paid_on, year, payment_no),
        in_year as (
            partition by labourer_key, subsidy_type, date_trunc('year', first_month)
            order by paid_on, year, payment_no
        )

),

suspected as (

    select
        {{ suspected('over_cap', of_policy=true) }},
        least(amount, charged - allowed) as amount_at_stake,
        jsonb_build_object('policy', policy_id, 'cap_per', cap_per, 'allowed', allowed, 'paid', charged) as evidence
    from payments
    where charged > allowed

)

select * from suspected
