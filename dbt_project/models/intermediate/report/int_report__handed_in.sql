{{ config(materialized='view', tags=['nightly']) }}

with

submissions as (

    select * from {{ ref('stg_submission') }}

),

loaded as (

    select * from submissions
    where status = 'loaded'

),

handed_in as (

    -- what counts of each division is the last that it handed in
    select distinct on (ledger, period, division_code)
        ledger,
        period,
        division_code,
        level,
        rows_read,
        rows_accepted,
        rows_rejected,
        min(extract_date) over (partition by ledger, period, division_code) as first_handed_in_on,
        extract_date as last_handed_in_on,
        min(extract_date) over (partition by ledger, period, level) as level_began_on
    from loaded
    order by ledger, period, division_code, extract_date desc, extract_id desc

)

select * from handed_in
