{{ config(tags=['nightly']) }}
with

answered as (

    select * from {{ ref('int_reconciliation__answered') }}

),

{% for ledger in ledgers() %}
{{ ledger }} as (

    {{ values_now(ledger, ref('int_' ~ ledger ~ '__agreed'), ref('int_' ~ ledger ~ '__disputed'), 'answered') }}

),

{% endfor %}
values_now as (

    {% for ledger in ledgers() %}
    select * from {{ ledger }}
    {{- '\n\n    union all\n' if not loop.last }}
    {% endfor %}

)

select * from values_now
