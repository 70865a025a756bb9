with

divisions as (

    select * from {{ ref('division') }}

),

placed as (

    select
        division.division_code,
        division.level,
        division.name,
        division.parent_code,
        township.division_code as township_code,
        township.name as township_name
    from divisions as division
    left join divisions as township
        on township.level = 'township'
        and township.division_code in (division.division_code, division.parent_code)

)

select * from placed
