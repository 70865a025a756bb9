{{ config(tags=['nightly']) }}

with

tonight as (

    select
        {{ night_date() }} as night_date,
        *
    from {{ ref('int_report__submission_shown') }}

),

nights as (

    {{ with_nights_before('tonight', 'marts') }}

)

select * from nights
