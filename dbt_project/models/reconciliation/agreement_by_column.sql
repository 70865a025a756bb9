with

tonight as (

    select
        {{ night_date() }} as night_date,
        *
    from {{ ref('int_reconciliation__column_agreement') }}

),

before as (

    {{ published_before() }}

),

history as (

    select
        night_date,
        ledger,
        period,
        division_code,
        division_level,
        column_name,
        records,
        agreeing
    from before
    where night_date < {{ night_date() }}

    union all

    select
        night_date,
        ledger,
        period,
        division_code,
        division_level,
        column_name,
        records,
        agreeing
    from tonight

)

select * from history
