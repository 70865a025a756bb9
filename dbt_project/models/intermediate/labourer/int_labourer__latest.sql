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

    select
        person_key, period, 1 as preference, name, village_code, household_type, education, skill,
        null::date as happened_on, null as record_no
    from employment

    union all

    select person_key, period, 2, name, village_code, null, null, null, started_on, class_no
    from training

    union all

    select person_key, period, 3, name, village_code, null, null, null, paid_on, payment_no
    from subsidy

),

-- classes and payments of a year are all of one period: the last counts, and of one day the same every night
latest as (

    select distinct on (person_key)
        person_key,
        period,
        preference,
        name,
        village_code,
        household_type,
        education,
        skill
    from seen
    order by person_key, preference, period desc, happened_on desc nulls last, record_no desc

)

select * from latest
