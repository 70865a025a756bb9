with

tonight as (

    select
        {{ night_date() }} as night_date,
        *
    from {{ ref('int_reconciliation__agreement') }}

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
        records,
        agreeing,
        unknown,
        breaks
    from before
    where night_date < {{ night_date() }}

    union all

    select
        night_date,
        ledger,
        period,
        division_code,
        division_level,
        records,
        agreeing,
        unknown,
        breaks
    from tonight

)

select * from history
