{{ config(tags=['nightly']) }}

with

closing as (

    select * from {{ ref('int_reconciliation__last_found') }}
    where closed_on = {{ night_date() }}

),

totals as (

    select * from {{ ref('int_reconciliation__total') }}

),

{% for ledger in ledgers() %}
{{ ledger }} as (

    {{ records_now(ledger, 'closing', ref('int_' ~ ledger ~ '__record')) }}

),

{% endfor %}
total as (

    select
        closing.break_id,
        value_of.level,
        null::boolean as has_record,
        null::boolean as has_candidate,
        value_of.value
    from closing
    inner join totals using (ledger, period, division_code, column_name)
    cross join lateral (
        values
        {% for level in levels() %}
        ('{{ level }}', totals.{{ level }}_value){{ ',' if not loop.last }}
        {% endfor %}
    ) as value_of (level, value)
    where closing.kind = 'total'

),

said_now as (

    {% for ledger in ledgers() %}
    select * from {{ ledger }}

    union all

    {% endfor %}
    select * from total

)

select * from said_now
