with

labourers as (

    select * from {{ ref('int_labourer__latest') }}

),

people as (

    select * from {{ ref('stg_person') }}

),

described as (

    select
        labourers.person_key as labourer_key,
        {{ masked('labourers.name') }} as masked_name,
        people.gender,
        {{ age_band('extract(year from labourers.period) - extract(year from people.birth_date)') }} as age_band,
        {{ township_of('labourers.village_code') }} as township_code,
        labourers.village_code,
        labourers.household_type,
        labourers.education,
        labourers.skill,
        case when labourers.preference = 1 then labourers.period end as registered_month
    from labourers
    inner join people using (person_key)

)

select * from described
