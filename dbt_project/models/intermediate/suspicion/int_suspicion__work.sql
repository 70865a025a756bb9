{{ config(materialized='table') }}

with

register as (

    select
        *,
        extract(year from period)::integer as year
    from {{ ref('int_employment__agreed') }}
    where is_agreed

),

-- a year has several journeys: the last register knows of the last one alone
described as (

    select
        person_key as labourer_key,
        year,
        coalesce(bool_or(point_to_point), false) as point_to_point,
        max(work_region) filter (where point_to_point) as carried_to,
        string_agg(distinct {{ area_tier('work_region') }}, '|') as work_regions
    from register
    group by person_key, year

)

select * from described
