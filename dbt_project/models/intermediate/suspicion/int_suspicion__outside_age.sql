with

payments as (

    select
        *,
        extract(year from age(due_on, birth_date))::integer as age,
        -- the month of the birthday is still paid for, unless it is the last
        least(
            date_trunc('month', birth_date + make_interval(years => max_age) + interval '1 month')::date, last_month
        ) as first_month_outside
    from {{ ref('int_suspicion__payment') }}

),

suspected as (

    select
        {{ suspected('outside_age', of_policy=true) }},
        case
            when due_on < birth_date + make_interval(years => min_age) then amount
            else {{ amount_from('first_month_outside') }}
        end as amount_at_stake,
        jsonb_build_object('policy', policy_id, 'age', age, 'from_age', min_age, 'to_age', max_age) as evidence
    from payments
    where not ({{ is_of_age('due_on', 'birth_date', 'min_age', 'max_age') }})

)

select * from suspected
