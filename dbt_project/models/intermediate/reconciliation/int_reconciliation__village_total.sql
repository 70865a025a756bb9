with

{% for ledger in ledgers() %}
{{ ledger }} as (

    select
        period,
        level,
        village_code,
        {% for measure in contract_of(ledger).measures %}
        {{ measure.sum }} as {{ measure.name }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('stg_' ~ ledger) }}
    group by period, level, village_code

),

{% endfor %}
totals as (

    {% for ledger in ledgers() %}
    {% for measure in contract_of(ledger).measures %}
    select
        '{{ ledger }}' as ledger,
        period,
        level,
        village_code,
        '{{ measure.name }}' as column_name,
        coalesce({{ measure.name }}, 0)::numeric(16, {{ measure.scale }}) as total
    from {{ ledger }}

    {{ 'union all' if not loop.last }}
    {% endfor %}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from totals
