with

indicators as (

    select * from {{ ref('int_report__indicator') }}

),

described as (

    select
        -- keys
        month,
        division_code,

        -- attributes
        division_level,
        division_name,

        -- counts
        registered,
        carried_forward,
        silent,
        employed,
        working_away,
        away_this_year,
        out_of_province,
        in_province,
        in_county,
        region_unknown,
        organised,
        point_to_point,
        in_workshops,
        in_public_posts,
        in_bases,
        stable_six_months,
        employed_six_months,
        willing_to_work,
        working_away_last_year,
        working_away_last_year_comparable,
        returnees,
        returnees_willing,
        placed_again,
        returnees_willing_placed,
        trained,
        trainings,
        certified,
        trainings_six_months_over,
        in_work_within_six_months,
        subsidy_payments,
        subsidy_persons,
        subsidy_amount,

        -- each as a share of what its name says
        {{ percent('(registered - carried_forward)', '(registered + silent)') }} as reported_percent_of_registered,
        {{ percent('working_away', 'registered') }} as working_away_percent_of_registered,
        {{ percent('employed', 'registered') }} as employed_percent_of_registered,
        {{ percent('stable_six_months', 'working_away') }} as stable_percent_of_working_away,
        {{ percent('employed_six_months', 'employed') }} as stable_percent_of_employed,
        {{ percent('working_away', 'working_away_last_year_comparable') }} as working_away_percent_of_last_year,
        {{ percent('away_this_year', 'working_away_last_year_comparable') }} as away_this_year_percent_of_last_year,
        {{ percent('returnees', 'working_away') }} as returnees_percent_of_working_away,
        {{ percent('placed_again', 'returnees') }} as placed_again_percent_of_returnees,
        {{ percent('returnees_willing_placed', 'returnees_willing') }} as placed_percent_of_returnees_willing,
        {{ percent('trained', 'registered') }} as trained_percent_of_registered,
        {{ percent('certified', 'trainings') }} as certified_percent_of_trainings,
        {{ percent('in_work_within_six_months', 'trainings_six_months_over') }} as in_work_percent_of_trainings_six_months_over
    from indicators

)

select * from described
