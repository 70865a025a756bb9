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
        employed,
        working_away,
        out_of_province,
        in_province,
        in_county,
        region_unknown,
        stable_six_months,
        willing_to_work,
        working_away_last_year,
        returnees,
        placed_again,
        trained,
        trainings,
        certified,
        trainings_six_months_over,
        in_work_within_six_months,
        subsidy_payments,
        subsidy_persons,
        subsidy_amount,

        -- each as a share of what its name says
        working_away_percent_of_registered,
        employed_percent_of_registered,
        stable_percent_of_working_away,
        stable_percent_of_employed,
        working_away_percent_of_last_year,
        returnees_percent_of_working_away,
        placed_again_percent_of_returnees,
        trained_percent_of_registered,
        certified_percent_of_trainings,
        in_work_percent_of_trainings_six_months_over
    from indicators

)

select * from described
