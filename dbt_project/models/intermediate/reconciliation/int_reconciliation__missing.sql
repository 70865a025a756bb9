with

missing as (

    {{ missing_people('employment', ref('int_employment__disputed')) }}

    union all

    {{ missing_people('training', ref('int_training__disputed')) }}

)

select * from missing
