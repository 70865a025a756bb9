with

paid as (

    select * from {{ ref('int_suspicion__payment') }}

),

people as (

    select * from {{ ref('int_suspicion__person') }}
    where phone_key is not null and labourer_key in (select labourer_key from paid)

),

phones as (

    select
        phone_key,
        count(distinct coalesce(household_no, labourer_key::text)) as households,
        count(*) as labourers
    from people
    group by phone_key

),

payments as (

    select distinct on (paid.labourer_key)
        paid.*,
        phones.households,
        phones.labourers,
        sum(paid.amount) over (partition by paid.labourer_key) as amount_of_labourer
    from paid
    inner join people using (labourer_key)
    inner join phones using (phone_key)
    where phones.households >= {{ var('suspicion_shared_by_households') }}
    order by paid.labourer_key, paid.paid_on desc, paid.payment_no

),

suspected as (

    select
        {{ suspected('shared_phone') }},
        amount_of_labourer as amount_at_stake,
        jsonb_build_object('households', households, 'labourers', labourers) as evidence
    from payments

)

select * from suspected
