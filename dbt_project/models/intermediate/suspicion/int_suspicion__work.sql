{{ config(materialized='table') }}

with

register as (

    select
        *,
        extract(year from period)::integer as year
    from {{ ref('int_employment__agreed') }}
    where is_agreed

),

latest as (

    select distinct on (person_key, year)
        person_key as labourer_key,
        year,
        work_region,
        point_to_point
    from register
    order by person_key, year, period desc

),

regions as (

    select
        person_key as labourer_key,
        year,
        string_agg(distinct work_region, '|') as work_regions
    from register
    where work_region is not null
    group by person_key, year

),

described as (

    select
        latest.*,
        regions.work_regions
    from latest
    left join regions using (labourer_key, year)

)

select * from described
