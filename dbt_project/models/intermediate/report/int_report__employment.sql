with

employment as (

    select * from {{ ref('fct_employment_standing') }}

),

counted as (

    -- the county's row comes with the townships'
    select
        month,
        coalesce(township_code, min({{ county_of('township_code') }})) as division_code,
        count(*) as registered,
        count(*) filter (where is_carried_forward) as carried_forward,
        count(*) filter (where is_employed) as employed,
        count(*) filter (where is_working_away) as working_away,
        count(*) filter (where was_away_this_year) as away_this_year,
        count(*) filter (where is_working_away and work_region in ('out_of_province', 'abroad')) as out_of_province,
        count(*) filter (where is_working_away and work_region = 'in_province') as in_province,
        count(*) filter (where is_working_away and work_region = 'in_county') as in_county,
        count(*) filter (
            where is_working_away
            and coalesce(work_region, 'unmapped') not in ('out_of_province', 'abroad', 'in_province', 'in_county')
        ) as region_unknown,
        count(*) filter (where is_working_away and channel = 'government') as organised,
        count(*) filter (where is_working_away and point_to_point) as point_to_point,
        count(*) filter (where is_working_away and channel = 'workshop') as in_workshops,
        count(*) filter (where is_working_away and channel = 'public_post') as in_public_posts,
        count(*) filter (where is_working_away and placed_as = 'base') as in_bases,
        count(*) filter (where is_stable_six_months) as stable_six_months,
        count(*) filter (where is_employed_six_months) as employed_six_months,
        count(*) filter (where is_willing_to_work) as willing_to_work,
        count(*) filter (where returned) as returnees,
        count(*) filter (where is_returnee_willing) as returnees_willing,
        count(*) filter (where is_placed_again) as placed_again,
        count(*) filter (where is_returnee_willing and is_placed_again) as returnees_willing_placed
    from employment
    group by grouping sets ((month, township_code), (month))

)

select * from counted
