with

restricted as (

    select
        *,
        date_trunc('month', due_on)::date as due_month
    from {{ ref('int_suspicion__payment') }}
    where registered

),

register as (

    select labourer_key, month
    from {{ ref('fct_employment_standing') }}

),

due as (

    select distinct due_month from restricted

),

months as (

    select distinct month from register

),

-- the registers next to the month: who is on neither of them was not on it in between
next_to as (

    select
        due.due_month,
        max(months.month) filter (where months.month <= due.due_month) as before,
        min(months.month) filter (where months.month >= due.due_month) as after
    from due
    cross join months
    group by due.due_month

),

payments as (

    select
        restricted.*,
        next_to.before,
        next_to.after
    from restricted
    inner join next_to using (due_month)
    where not exists (
        select from register
        where register.labourer_key = restricted.labourer_key and register.month in (next_to.before, next_to.after)
    )

),

suspected as (

    select
        {{ suspected('not_registered') }},
        amount as amount_at_stake,
        jsonb_build_object('due_on', due_on, 'register_before', before, 'register_after', after) as evidence
    from payments

)

select * from suspected
