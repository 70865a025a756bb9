{{ config(materialized='table') }}

with

reported as (

    select * from {{ ref('int_employment__reported') }}

),

handed_in as (

    select * from {{ ref('int_report__handed_in') }}
    where ledger = 'employment' and rows_accepted > 0

),

registers as (

    select village_code as division_code, month from reported

    union

    -- a register may have nobody of a village that it is of
    select division_code, period from handed_in
    where level <> 'county'

    union

    -- the county's is of those townships of which there is anybody
    select {{ township_of('reported.village_code') }}, reported.month
    from reported
    inner join handed_in on handed_in.level = 'county' and handed_in.period = reported.month

)

select * from registers
