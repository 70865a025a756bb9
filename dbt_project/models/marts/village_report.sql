with

villages as (

    select * from {{ ref('int_report__village') }}

),

described as (

    select
        month,
        division_code,
        township_code,
        is_carried_forward,
        registered,
        working_away,
        out_of_province,
        stable_six_months,
        returnees
    from villages

)

select * from described
