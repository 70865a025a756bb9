with

ancestors as (

    select * from {{ ref('int_reconciliation__ancestor') }}

),

breaks as (

    select * from {{ ref('int_reconciliation__break') }}

),

{% for ledger in ledgers() %}
{{ ledger }} as (

    {{ count_agreeing(ledger, ref('int_' ~ ledger ~ '__agreed'), 'breaks') }}

),

{% endfor %}
counts as (

    {% for ledger in ledgers() %}
    select ledger, period, division_code, records, agreeing, unknown from {{ ledger }}

    union all

    {% endfor %}
    -- where totals differ there is something to tell, even if nobody can speak of a record
    select distinct ledger, period, division_code, 0, 0, 0
    from breaks

),

summed as (

    select
        counts.ledger,
        counts.period,
        ancestors.ancestor_code as division_code,
        ancestors.ancestor_level as division_level,
        sum(counts.records)::bigint as records,
        sum(counts.agreeing)::bigint as agreeing,
        sum(counts.unknown)::bigint as unknown
    from counts
    inner join ancestors using (division_code)
    group by counts.ledger, counts.period, ancestors.ancestor_code, ancestors.ancestor_level

)

select * from summed
