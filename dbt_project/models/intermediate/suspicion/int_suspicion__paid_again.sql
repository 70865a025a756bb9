with

counted as (

    -- payments of the years in which another rule held count for a lifetime, too
    select
        *,
        row_number() over (
            partition by labourer_key, subsidy_type order by paid_on, year, payment_no
        ) as nth_in_lifetime,
        row_number() over (
            partition by labourer_key, subsidy_type, date_trunc('year', first_month) order by paid_on, year, payment_no
        ) as nth_in_year
    from {{ ref('int_suspicion__payment') }}

),

payments as (

    select
        *,
        case times_per when 'year' then nth_in_year else nth_in_lifetime end as nth_time
    from counted

),

suspected as (

    select
        {{ suspected('paid_again', of_policy=true) }},
        amount as amount_at_stake,
        jsonb_build_object('policy', policy_id, 'times_allowed', times, 'times_per', times_per, 'time', nth_time)
            as evidence
    from payments
    where nth_time > times

)

select * from suspected
