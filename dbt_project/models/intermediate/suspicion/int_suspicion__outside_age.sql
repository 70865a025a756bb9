with

payments as (

    select
        *,
        extract(year from age(due_on, birth_date))::integer as age
    from {{ ref('int_suspicion__payment') }}

),

suspected as (

    select
        {{ suspected('outside_age', of_policy=true) }},
        amount as amount_at_stake,
        jsonb_build_object('policy', policy_id, 'age', age, 'from_age', min_age, 'to_age', max_age) as evidence
    from payments
    where not ({{ is_of_age('due_on', 'birth_date', 'min_age', 'max_age') }})

)

select * from suspected
