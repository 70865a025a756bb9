with

counts as (

    select * from {{ ref('int_reconciliation__agreement') }}

),

ancestors as (

    select * from {{ ref('int_reconciliation__ancestor') }}

),

breaks as (

    select * from {{ ref('ledger_break') }}

),

standing as (

    select
        breaks.ledger,
        breaks.period,
        ancestors.ancestor_code as division_code,
        count(*) filter (where breaks.status = 'open') as breaks,
        count(*) filter (where breaks.status = 'accepted') as breaks_accepted,
        count(*) filter (where breaks.status = 'closed') as breaks_closed
    from breaks
    inner join ancestors using (division_code)
    group by breaks.ledger, breaks.period, ancestors.ancestor_code

),

tonight as (

    select
        {{ night_date() }} as night_date,
        counts.*,
        coalesce(standing.breaks, 0) as breaks,
        coalesce(standing.breaks_accepted, 0) as breaks_accepted,
        coalesce(standing.breaks_closed, 0) as breaks_closed
    from counts
    left join standing using (ledger, period, division_code)

),

nights as (

    {{ with_nights_before('tonight') }}

)

select * from nights
