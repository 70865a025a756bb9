with

restricted as (

    select * from {{ ref('int_suspicion__payment') }}
    where household_types is not null

),

people as (

    select * from {{ ref('int_suspicion__person') }}

),

payments as (

    select
        restricted.*,
        people.household_type
    from restricted
    inner join people using (labourer_key)
    where not ({{ is_listed('people.household_type', 'restricted.household_types') }})

),

suspected as (

    select
        {{ suspected('household_not_entitled', of_policy=true) }},
        amount as amount_at_stake,
        jsonb_build_object('policy', policy_id, 'household_type', household_type) as evidence
    from payments

)

select * from suspected
