with

reports as (

    select * from {{ ref('int_labourer__version') }}

),

versions as (

    select
        person_key as labourer_key,
        version_no,
        village_code,
        work_status,
        household_type,
        skill,
        min(period) as valid_from,
        (array_agg(next_period order by period desc))[1] as valid_to
    from reports
    group by person_key, version_no, village_code, work_status, household_type, skill

),

described as (

    select
        labourer_key,
        version_no,
        {{ township_of('village_code') }} as township_code,
        village_code,
        work_status,
        household_type,
        skill,
        version_no = max(version_no) over (partition by labourer_key) as is_current,
        valid_from,
        least(valid_to, lead(valid_from) over by_version) as valid_to
    from versions
    window by_version as (partition by labourer_key order by version_no)

)

select * from described
