{{ config(tags=['nightly']) }}

with

found as (

    select * from {{ ref('int_reconciliation__break_night') }}

),

lives as (

    select * from {{ ref('int_reconciliation__break_life') }}
    where closed_on = {{ night_date() }}

),

closing as (

    select found.*
    from lives
    inner join found
        on found.break_id = lives.break_id
        and found.night_date = lives.last_seen

)

select * from closing
