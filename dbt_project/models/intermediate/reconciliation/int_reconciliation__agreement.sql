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
    select ledger, period, division_code, records, agreeing, unknown, 0 as breaks from {{ ledger }}

    union all

    {% endfor %}
    select ledger, period, division_code, 0, 0, 0, count(*)
    from breaks
    group by ledger, period, division_code

),

summed as (

    select
        counts.ledger,
        counts.period,
        ancestors.ancestor_code as division_code,
        ancestors.ancestor_level as division_level,
        sum(counts.records)::bigint as records,
        sum(counts.agreeing)::bigint as agreeing,
        sum(counts.unknown)::bigint as unknown,
        sum(counts.breaks)::bigint as breaks
    from counts
    inner join ancestors using (division_code)
    group by counts.ledger, counts.period, ancestors.ancestor_code, ancestors.ancestor_level

)

select * from summed
