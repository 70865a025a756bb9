with

trainees as (

    select
        person_key as labourer_key,
        period,
        class_no,
        village_code,
        {{ last_day_of('ended_on') }} as class_ended_on,
        ({{ last_day_of('ended_on') }} + interval '6 months')::date as six_months_on
    from {{ ref('int_training__agreed') }}
    where is_agreed and ended_on is not null

),

spells as (

    select
        labourer_key,
        coalesce(started_on, first_month) as first_day,
        case
            when not is_current then coalesce(ended_on, {{ end_of_month('last_month') }})
        end as last_day
    from {{ ref('fct_employment_spell') }}

),

reported as (

    select
        village_code,
        {{ end_of_month('month') }} as reported_to
    from {{ ref('int_employment__reported') }}
    where next_month is null

),

followed as (

    select
        trainees.labourer_key,
        trainees.period,
        trainees.class_no,
        trainees.six_months_on,
        coalesce(trainees.six_months_on <= reported.reported_to, false) as is_six_months_over,
        coalesce(bool_or(spells.first_day <= trainees.class_ended_on), false) as worked_at_the_end,
        coalesce(bool_or(spells.first_day <= trainees.six_months_on), false) as in_work_within_six_months
    from trainees
    left join reported on reported.village_code = trainees.village_code
    left join spells
        on spells.labourer_key = trainees.labourer_key
        and coalesce(spells.last_day > trainees.class_ended_on, true)
    group by
        trainees.labourer_key,
        trainees.period,
        trainees.class_no,
        trainees.class_ended_on,
        trainees.six_months_on,
        reported.reported_to

)

select * from followed
