{{ config(materialized='view') }}

with

source as (

    select * from {{ source('reconciliation', 'accepted_difference') }}

),

renamed as (

    select
        break_id,
        reason,
        accepted_on,
        accepted_until,
        county_value,
        township_value,
        village_value
    from source

)

select * from renamed
