{{ config(materialized='view') }}

with

staged as (

    select * from {{ ref('stg_subsidy') }}

)

select * from staged
