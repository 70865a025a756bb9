with

standing as (

    select
        labourer_key,
        month,
        extract(year from month) as year,
        township_code,
        village_code,
        is_working_away
    from {{ ref('fct_employment_standing') }}

),

closing_months as (

    select year, village_code, max(month) as month
    from standing
    group by year, village_code

),

closing as (

    -- each village as the year left it: one that fell silent in it as it last counted
    select distinct on (standing.year, standing.labourer_key) standing.*
    from standing
    inner join closing_months using (year, village_code, month)
    order by standing.year, standing.labourer_key, standing.month desc

),

by_village as (

    select year, township_code, village_code, count(*) filter (where is_working_away) as working_away
    from closing
    group by year, township_code, village_code

),

months as (

    select month from {{ ref('int_report__month') }}

),

counting as (

    select distinct month, village_code from standing

),

counted as (

    select
        months.month,
        coalesce(by_village.township_code, min({{ county_of('by_village.township_code') }})) as division_code,
        sum(by_village.working_away)::bigint as working_away_last_year,
        coalesce(sum(by_village.working_away) filter (where counting.village_code is not null), 0)::bigint
            as working_away_last_year_comparable
    from months
    inner join by_village on by_village.year = extract(year from months.month) - 1
    left join counting on counting.month = months.month and counting.village_code = by_village.village_code
    group by grouping sets ((months.month, by_village.township_code), (months.month))

)

select * from counted
