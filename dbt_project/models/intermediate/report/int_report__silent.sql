with

employment as (

    select * from {{ ref('fct_employment') }}

),

silent as (

    select * from {{ ref('int_report__village_month') }}
    where is_silent

),

standing as (

    select * from {{ ref('fct_employment_standing') }}

),

last_known as (

    -- whoever has moved is where the later report has them
    select distinct on (silent.month, employment.labourer_key)
        silent.month,
        employment.township_code
    from employment
    inner join silent
        on silent.village_code = employment.village_code
        and silent.reported_month = employment.month
    where not exists (
        select from standing
        where standing.labourer_key = employment.labourer_key and standing.month = silent.month
    )
    order by silent.month, employment.labourer_key, employment.month desc

),

counted as (

    select
        month,
        coalesce(township_code, min({{ county_of('township_code') }})) as division_code,
        count(*) as silent
    from last_known
    group by grouping sets ((month, township_code), (month))

)

select * from counted
