with

restricted as (

    select
        *,
        date_trunc('month', due_on)::date as due_month
    from {{ ref('int_suspicion__payment') }}
    where registered

),

standing as (

    select * from {{ ref('fct_employment_standing') }}

),

registers as (

    select * from {{ ref('int_suspicion__register') }}

),

due as (

    select distinct village_code, due_month from restricted

),

-- the registers of their village next to the month: who is on neither of them was not on it in between
next_to as (

    select
        due.village_code,
        due.due_month,
        max(registers.month) filter (where registers.month <= due.due_month) as before,
        min(registers.month) filter (where registers.month >= due.due_month) as after
    from due
    cross join lateral (
        values (due.village_code), ({{ township_of('due.village_code') }})
    ) as place (division_code)
    inner join registers using (division_code)
    group by due.village_code, due.due_month

),

payments as (

    -- a village that has been silent for long says nothing of those who have come since
    select
        restricted.*,
        next_to.before,
        next_to.after
    from restricted
    inner join next_to using (village_code, due_month)
    where
        (after is not null or due_month <= before + interval '{{ var("months_carried_forward") }} months')
        and not exists (
            select from standing
            where standing.labourer_key = restricted.labourer_key and standing.month in (next_to.before, next_to.after)
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
