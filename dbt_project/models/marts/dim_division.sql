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
        and township.division_code
        = case division.level when 'village' then division.parent_code else division.division_code end

)

select * from placed
