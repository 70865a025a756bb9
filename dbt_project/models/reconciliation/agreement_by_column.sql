with

tonight as (

    select
        {{ night_date() }} as night_date,
        *
    from {{ ref('int_reconciliation__column_agreement') }}

),

nights as (

    {{ with_nights_before('tonight') }}

)

select * from nights
