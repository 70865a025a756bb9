with

paid as (

    select * from {{ ref('int_suspicion__payment') }}
    where account_key is not null and payee_relation in ('self', 'head', 'family')

),

people as (

    select * from {{ ref('int_suspicion__person') }}

),

accounts as (

    select
        paid.account_key,
        count(distinct coalesce(people.household_no, paid.labourer_key::text)) as households,
        count(distinct paid.labourer_key) as labourers
    from paid
    inner join people using (labourer_key)
    group by paid.account_key

),

payments as (

    -- a row for each who was paid into it, as it is a township that asks them
    select distinct on (paid.labourer_key)
        paid.*,
        accounts.households,
        accounts.labourers,
        sum(paid.amount) over (partition by paid.labourer_key) as amount_of_labourer
    from paid
    inner join accounts using (account_key)
    where accounts.households >= {{ var('suspicion_shared_by_households') }}
    order by paid.labourer_key, paid.paid_on desc, paid.payment_no

),

suspected as (

    select
        {{ suspected('shared_account') }},
        amount_of_labourer as amount_at_stake,
        jsonb_build_object('households', households, 'labourers', labourers) as evidence
    from payments

)

select * from suspected
