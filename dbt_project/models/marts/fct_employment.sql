with

employment as (

    select * from {{ ref('int_employment__agreed') }}
    where is_agreed

),

described as (

    select
        -- keys
        person_key as labourer_key,
        period as month,
        {{ township_of('village_code') }} as township_code,
        village_code,
        {{ employer_key() }} as employer_key,

        -- attributes
        work_status,
        channel,
        work_region,
        work_province,
        work_city,
        employer,
        job,
        point_to_point,
        train_no,
        work_status = 'working_away' as is_working_away,
        {{ is_employed() }} as is_employed,
        {{ is_stable_six_months() }} as is_stable_six_months,
        {{ is_employed_six_months() }} as is_employed_six_months,
        returned,
        return_reason,
        intention,
        {{ is_willing_to_work() }} as is_willing_to_work,
        {{ is_returnee_willing() }} as is_returnee_willing,
        training_wanted,
        placed_as,
        {{ is_placed_again() }} as is_placed_again,
        helped_one_to_one,

        -- measures
        months_worked,
        monthly_income,

        -- dates
        started_on,
        started_on_precision,
        ended_on,
        ended_on_precision,
        returned_on,
        returned_on_precision,

        -- provenance
        levels_handed_in,
        levels_with_record,
        levels_agreeing
    from employment

)

select * from described
