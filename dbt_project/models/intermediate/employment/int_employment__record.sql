{{ config(materialized='view') }}

with

staged as (

    select * from {{ ref('stg_employment') }}

)

select * from staged
