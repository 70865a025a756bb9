with

training as (

    select * from {{ ref('int_training__agreed') }}
    where is_agreed

),

described as (

    select
        -- keys
        person_key as labourer_key,
        extract(year from period)::integer as year,
        class_no,
        {{ township_of('village_code') }} as township_code,
        village_code,

        -- attributes
        trainee_category,
        training_type,
        trade,
        mode,
        venue,
        provider,
        certified,

        -- measures
        hours,

        -- dates
        started_on,
        started_on_precision,
        ended_on,
        ended_on_precision,

        -- provenance
        levels_handed_in,
        levels_with_record,
        levels_agreeing
    from training

)

select * from described
