with

limited as (

    select * from {{ ref('int_suspicion__payment') }}
    where times is not null

),

payments as (

    select
        *,
        row_number() over (
            partition by
                labourer_key,
                subsidy_type,
                case when times_per = 'year' then date_trunc('year', first_month) end
            order by paid_on, year, payment_no
        ) as nth_time
    from limited

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
