with

employment as (

    select * from {{ ref('fct_employment') }}

),

carried as (

    select * from {{ ref('int_report__village_month') }}
    where not is_silent

),

standing as (

    -- whoever has moved is where the later report has them
    select distinct on (carried.month, employment.labourer_key)
        -- keys
        employment.labourer_key,
        carried.month,
        employment.month as reported_month,
        employment.township_code,
        employment.village_code,
        employment.employer_key,

        -- attributes
        employment.work_status,
        employment.channel,
        employment.work_region,
        employment.work_province,
        employment.point_to_point,
        employment.train_no,
        employment.is_working_away,
        employment.is_employed,
        employment.is_stable_six_months,
        employment.is_employed_six_months,
        employment.returned,
        employment.intention,
        employment.is_willing_to_work,
        employment.is_returnee_willing,
        employment.placed_as,
        employment.is_placed_again,
        employment.month < carried.month as is_carried_forward
    from employment
    inner join carried
        on carried.village_code = employment.village_code and carried.reported_month = employment.month
    order by carried.month, employment.labourer_key, employment.month desc

),

followed as (

    select
        *,
        bool_or(is_working_away) over (partition by labourer_key, date_trunc('year', month) order by month) as was_away_this_year
    from standing

)

select * from followed
