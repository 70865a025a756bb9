{{ config(materialized='view', tags=['nightly']) }}

with

awaited as (

    select * from {{ ref('int_report__expected') }}

),

handed_in as (

    select * from {{ ref('int_report__handed_in') }}

),

refused as (

    -- a file that could not be read tells neither its ledger nor its period
    select awaited.ledger, awaited.division_code, count(*) as files_refused
    from awaited
    inner join {{ ref('stg_submission') }} as submission
        on submission.division_code = awaited.division_code
        and coalesce(submission.ledger, awaited.ledger) = awaited.ledger
        and coalesce(submission.period, awaited.period) = awaited.period
    where submission.status = 'rejected'
    group by awaited.ledger, awaited.division_code

),

began as (

    select distinct ledger, period, level, level_began_on from handed_in

),

divisions as (

    select * from {{ ref('division') }}

),

judged as (

    select
        awaited.ledger,
        awaited.period,
        awaited.division_code,
        divisions.level as division_level,
        divisions.name as division_name,
        case when divisions.level <> 'county' then {{ township_of('awaited.division_code') }} end as township_code,
        case
            when handed_in.division_code is not null then 'handed_in'
            when refused.files_refused > 0 then 'refused'
            else 'missing'
        end as status,
        handed_in.division_code is null as is_late,
        coalesce(refused.files_refused, 0) as files_refused,
        handed_in.rows_read,
        handed_in.rows_accepted,
        handed_in.rows_rejected,
        {{ percent('handed_in.rows_accepted', 'handed_in.rows_read') }} as accepted_percent,
        case when handed_in.division_code is null then {{ night_date() }} - began.level_began_on end as days_late,
        handed_in.first_handed_in_on,
        handed_in.last_handed_in_on
    from awaited
    inner join divisions using (division_code)
    left join handed_in using (ledger, period, division_code)
    left join refused using (ledger, division_code)
    left join began
        on began.ledger = awaited.ledger
        and began.period = awaited.period
        and began.level = divisions.level

)

select * from judged
