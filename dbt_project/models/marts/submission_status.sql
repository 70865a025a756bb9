{{ config(tags=['nightly']) }}

with

before as (

    {{ published_before('marts') }}

),

tonight as (

    select
        {{ night_date() }} as night_date,
        *
    from {{ ref('int_report__submission') }}

),

nights as (

    select * from before
    where night_date < {{ night_date() }}

    union all

    select
        night_date,
        ledger,
        period,
        division_code,
        division_level,
        division_name,
        township_code,
        status,
        is_late,
        files_refused,
        rows_read,
        rows_accepted,
        rows_rejected,
        accepted_percent,
        days_late,
        first_handed_in_on,
        last_handed_in_on
    from tonight

)

select * from nights
