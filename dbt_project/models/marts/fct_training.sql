with

training as (

    select * from {{ ref('int_training__agreed') }}
    where is_agreed

),

followed as (

    select * from {{ ref('int_spell__after_training') }}

),

described as (

    select
        -- keys
        training.person_key as labourer_key,
        extract(year from training.period)::integer as year,
        training.class_no,
        {{ township_of('training.village_code') }} as township_code,
        training.village_code,

        -- attributes
        training.trainee_category,
        training.training_type,
        training.trade,
        training.mode,
        training.venue,
        training.provider,
        training.certified,
        coalesce(followed.is_six_months_over, false) as is_six_months_over,
        coalesce(followed.worked_at_the_end, false) as worked_at_the_end,
        coalesce(followed.in_work_within_six_months, false) as in_work_within_six_months,

        -- measures
        training.hours,

        -- dates
        training.started_on,
        training.started_on_precision,
        training.ended_on,
        training.ended_on_precision,

        -- provenance
        training.levels_handed_in,
        training.levels_with_record,
        training.levels_agreeing
    from training
    left join followed
        on followed.labourer_key = training.person_key
        and followed.period = training.period
        and followed.class_no = training.class_no

)

select * from described
