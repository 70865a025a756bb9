{{ config(materialized='view') }}

with

staged as (

    select * from {{ ref('stg_training') }}

)

select * from staged
