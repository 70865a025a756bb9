with

employment as (

    select * from {{ ref('int_employment__agreed') }}
    where is_agreed

),

training as (

    select * from {{ ref('int_training__agreed') }}
    where is_agreed

),

subsidy as (

    select * from {{ ref('int_subsidy__agreed') }}
    where is_agreed

),

seen as (

    select person_key, period, 1 as preference, name, village_code, household_type, education, skill
    from employment

    union all

    select person_key, period, 2, name, village_code, null, null, null
    from training

    union all

    select person_key, period, 3, name, village_code, null, null, null
    from subsidy

),

latest as (

    select distinct on (person_key) *
    from seen
    order by person_key, preference, period desc

)

select * from latest
