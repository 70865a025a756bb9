with

{% for ledger in ledgers() %}
{{ ledger }} as (

    select * from {{ ref('int_' ~ ledger ~ '__break') }}

),

{% endfor %}
totals as (

    select * from {{ ref('int_reconciliation__total_break') }}

),

breaks as (

    {% for ledger in ledgers() %}
    select * from {{ ledger }}

    union all

    {% endfor %}
    select * from totals

),

identified as (

    select
        {{ break_id() }} as break_id,
        breaks.*
    from breaks

)

select * from identified
