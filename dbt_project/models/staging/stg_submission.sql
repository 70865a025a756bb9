{{ config(materialized='view', tags=['nightly']) }}

with

source as (

    select * from {{ source('raw', 'extract') }}

),

up_to_the_night as (

    select
        extract_id,
        ledger,
        period,
        level,
        division_code,
        extract_date,
        status,
        rows_read,
        rows_accepted,
        rows_rejected
    from source
    where extract_date <= {{ night_date() }} and {{ was_loaded() }}

)

select * from up_to_the_night
