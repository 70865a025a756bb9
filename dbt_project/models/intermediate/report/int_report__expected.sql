{{ config(materialized='view', tags=['nightly']) }}

with

handed_in as (

    select * from {{ ref('int_report__handed_in') }}

),

divisions as (

    select * from {{ ref('division') }}

),

periods as (

    select ledger, max(period) as period from handed_in
    group by ledger

),

former_periods as (

    select
        handed_in.ledger,
        max(handed_in.period) as period
    from handed_in
    inner join periods using (ledger)
    where handed_in.period < periods.period
    group by handed_in.ledger

),

handed_in_before as (

    select handed_in.*
    from handed_in
    inner join former_periods using (ledger, period)

),

expected as (

    -- who handed in the time before; of a level of which nobody did, everybody
    select
        periods.ledger,
        periods.period,
        divisions.division_code
    from periods
    cross join divisions
    left join handed_in_before
        on handed_in_before.ledger = periods.ledger
        and handed_in_before.division_code = divisions.division_code
    where
        handed_in_before.division_code is not null
        or not exists (
            select from handed_in_before as level_before
            where level_before.ledger = periods.ledger and level_before.level = divisions.level
        )

),

awaited as (

    select ledger, period, division_code from expected

    union

    select handed_in.ledger, handed_in.period, handed_in.division_code
    from handed_in
    inner join periods using (ledger, period)

)

select * from awaited
