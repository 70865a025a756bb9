{{ config(materialized='view', tags=['nightly']) }}

with

source as (

    select * from {{ source('reconciliation', 'accepted_difference') }}

),

-- who accepts again takes the earlier one's place, be it for a shorter time
latest as (

    select distinct on (break_id)
        break_id,
        kind,
        level,
        reason,
        accepted_on,
        accepted_until,
        county_value,
        township_value,
        village_value
    from source
    where accepted_on <= {{ night_date() }} and {{ was_accepted() }}
    order by break_id, accepted_at desc

)

select * from latest
