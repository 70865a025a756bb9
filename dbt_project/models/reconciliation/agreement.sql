with

counts as (

    select * from {{ ref('int_reconciliation__agreement') }}

),

ancestors as (

    select * from {{ ref('int_reconciliation__ancestor') }}

),

found as (

    select * from {{ ref('int_reconciliation__last_found') }}

),

closed as (

    select
        found.ledger,
        found.period,
        ancestors.ancestor_code as division_code,
        count(*) as breaks_closed
    from found
    inner join ancestors using (division_code)
    where found.closed_on is not null
    group by found.ledger, found.period, ancestors.ancestor_code

),

tonight as (

    select
        {{ night_date() }} as night_date,
        counts.*,
        coalesce(closed.breaks_closed, 0) as breaks_closed
    from counts
    left join closed using (ledger, period, division_code)

),

nights as (

    {{ with_nights_before('tonight') }}

)

select * from nights
