with

source as (

    select * from {{ source('vault', 'person') }}

),

derived as (

    -- GB 11643: six digits of region, eight of birth, three of sequence (odd for men), one to check
    select
        person_key,
        to_date(substr(id_no, 7, 8), 'YYYYMMDD') as birth_date,
        case when substr(id_no, 17, 1)::integer % 2 = 1 then 'male' else 'female' end as gender
    from source

)

select * from derived
