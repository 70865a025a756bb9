{{ config(tags=['nightly']) }}
with

found as (

    select * from {{ ref('int_reconciliation__break_night') }}

),

published as (

    select * from {{ ref('stg_night') }}
    where night_date < {{ night_date() }}

),

-- a night that was not published counts neither as seen nor as passed
nights as (

    select
        night_date,
        row_number() over (order by night_date) as nth
    from (
        select night_date from published
        union
        select {{ night_date() }}
    ) as known

),

numbered as (

    select
        found.break_id,
        found.night_date,
        found.is_open,
        coalesce(found.is_accepted, false) as is_accepted,
        nights.nth,
        coalesce(nights.nth > lag(nights.nth) over earlier + 1 or not lag(found.is_open) over earlier, false) as is_back,
        lag(found.is_accepted) over earlier as was_accepted
    from found
    inner join nights using (night_date)
    window earlier as (partition by found.break_id order by found.night_date)

),

lives as (

    select
        break_id,
        min(night_date) as first_seen,
        max(night_date) as last_seen,
        (count(*) filter (where not is_accepted))::integer as nights_open,
        coalesce(max(night_date) filter (where is_back), min(night_date)) as open_since,
        max(night_date) filter (where was_accepted and not is_accepted) as unaccepted_since,
        (count(*) filter (where is_back))::integer as times_reopened,
        max(nth) as last_nth,
        max(night_date) filter (where is_open) = max(night_date) as was_open_to_the_last
    from numbered
    group by break_id

),

ended as (

    select
        lives.break_id,
        lives.first_seen,
        lives.last_seen,
        lives.open_since,
        greatest(lives.open_since, lives.unaccepted_since) as due_since,
        lives.nights_open,
        lives.times_reopened,
        case when lives.was_open_to_the_last then following.night_date else lives.last_seen end as closed_on
    from lives
    left join nights as following on following.nth = lives.last_nth + 1

)

select * from ended
