with

restricted as (

    select * from {{ ref('int_suspicion__payment') }}
    where excludes_point_to_point

),

work as (

    select * from {{ ref('int_suspicion__work') }}
    where point_to_point

),

payments as (

    select
        restricted.*,
        work.carried_to
    from restricted
    inner join work
        on work.labourer_key = restricted.labourer_key
        and work.year = extract(year from restricted.first_month)

),

suspected as (

    select
        {{ suspected('carried_free', of_policy=true) }},
        amount as amount_at_stake,
        jsonb_build_object('policy', policy_id, 'point_to_point', true, 'work_region', carried_to) as evidence
    from payments

)

select * from suspected
