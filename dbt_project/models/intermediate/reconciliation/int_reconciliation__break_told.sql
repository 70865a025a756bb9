{{ config(tags=['nightly']) }}

with

last_found as (

    select * from {{ ref('int_reconciliation__last_found') }}

),

extracts as (

    select * from {{ ref('stg_submission') }}
    where status = 'loaded'

),

closings as (

    select * from {{ ref('int_reconciliation__break_closed') }}

),

-- no level says otherwise, as when a row that was rejected may be the record
unexplained as (

    select last_found.*
    from last_found
    left join closings
        on closings.break_id = last_found.break_id
        and closings.closed_on = last_found.closed_on
    where last_found.closed_on is not null and closings.changed_levels is null

),

-- all there is to name: an extract that came after the one told of, up to the night on which the break was gone
handed_in_anew as (

    select
        unexplained.break_id,
        string_agg(distinct extracts.level, ',' order by extracts.level) as levels
    from unexplained
    inner join extracts
        on extracts.ledger = unexplained.ledger
        and extracts.period = unexplained.period
        and extracts.extract_date <= unexplained.closed_on
        and {{ is_concerned_by('extracts', 'unexplained') }}
    group by unexplained.break_id

),

told as (

    select
        last_found.*,
        coalesce(closings.changed_levels, handed_in_anew.levels) as closed_by
    from last_found
    left join closings
        on closings.break_id = last_found.break_id
        and closings.closed_on = last_found.closed_on
    left join handed_in_anew on handed_in_anew.break_id = last_found.break_id

)

select * from told
