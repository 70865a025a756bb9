{{ config(materialized='view') }}

with

divisions as (

    select * from {{ ref('division') }}

),

ancestors as (

    select distinct
        division_code,
        unnest(array[
            division_code, {{ township_of('division_code') }}, {{ county_of('division_code') }}
        ]) as ancestor_code
    from divisions

),

levelled as (

    select
        ancestors.division_code,
        ancestors.ancestor_code,
        divisions.level as ancestor_level
    from ancestors
    inner join divisions on divisions.division_code = ancestors.ancestor_code

)

select * from levelled
