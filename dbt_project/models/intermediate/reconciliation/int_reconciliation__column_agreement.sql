with

ancestors as (

    select * from {{ ref('int_reconciliation__ancestor') }}

),

breaks as (

    select * from {{ ref('int_reconciliation__break') }}
    where kind = 'differs'

),

{% for ledger in ledgers() %}
{{ ledger }} as (

    {{ count_comparable(ledger, ref('int_' ~ ledger ~ '__agreed')) }}

),

{% endfor %}
counts as (

    {% for ledger in ledgers() %}
    select ledger, period, division_code, column_name, records, 0 as differing from {{ ledger }}

    union all

    {% endfor %}
    select ledger, period, division_code, column_name, 0, count(*)
    from breaks
    group by ledger, period, division_code, column_name

),

summed as (

    select
        counts.ledger,
        counts.period,
        ancestors.ancestor_code as division_code,
        ancestors.ancestor_level as division_level,
        counts.column_name,
        sum(counts.records)::bigint as records,
        (sum(counts.records) - sum(counts.differing))::bigint as agreeing
    from counts
    inner join ancestors using (division_code)
    group by counts.ledger, counts.period, ancestors.ancestor_code, ancestors.ancestor_level, counts.column_name

)

select * from summed
-- villages are many and nearly all of their columns agree: those rows would say the same every night
where division_level <> 'village' or agreeing < records
