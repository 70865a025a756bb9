with

village_totals as (

    select * from {{ ref('int_reconciliation__village_total') }}

),

handed_in as (

    select * from {{ ref('int_reconciliation__handed_in') }}

),

totals as (

    select
        ledger,
        period,
        level,
        unnest(array[village_code, {{ township_of('village_code') }}]) as division_code,
        column_name,
        total
    from village_totals

),

side_by_side as (

    select
        ledger,
        period,
        division_code,
        column_name,
        max(scale(total)) as scale,
        {% for level in levels() %}
        coalesce(sum(total) filter (where level = '{{ level }}'), 0) as {{ level }}_total
        {{- ',' if not loop.last }}
        {% endfor %}
    from totals
    group by ledger, period, division_code, column_name

),

stated as (

    select
        side_by_side.ledger,
        side_by_side.period,
        handed_in.township_code,
        side_by_side.division_code,
        side_by_side.column_name,
        {% for level in levels() %}
        {{ level }}_extract_id,
        {% endfor %}
        {% for level in levels() %}
        case
            when {{ level }}_handed_in and {{ has_column('side_by_side.column_name', level) }}
                then round({{ level }}_total, scale)::text
        end as {{ level }}_value
        {{- ',' if not loop.last }}
        {% endfor %}
    from side_by_side
    inner join handed_in using (ledger, period, division_code)

)

select * from stated
