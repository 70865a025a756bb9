{{ config(materialized='view') }}

with

source as (

    select * from {{ source('reconciliation', 'night') }}

),

published as (

    select distinct night_date
    from source
    where status = 'published'

)

select * from published
