{#-
    The keys of a ledger's records about which there is something to settle. There is not where each level that
    handed in has a record once and all say the same, as of nearly all records. One pass over the keys tells, so that
    only a few records are ever joined with all their columns. Where levels place a record in different villages,
    any of them will do: it is disputed in any case.
-#}
{% macro find_disputed(ledger, records, handed_in) %}
{%- set key = ['period'] + contract_of(ledger).key -%}
with

{# `offset 0` keeps the rows narrow. Without it Postgres hands whole ones to the aggregate, takes its groups to be as
   wide, and lets them spill to disk at a quarter of the memory that it has for them. -#}
records as (

    select {{ key | join(', ') }}, level, village_code, fingerprint
    from {{ records }}
    offset 0

),

handed_in as (

    select * from {{ handed_in }}
    where ledger = '{{ ledger }}'

),

matched as (

    select
        {{ key | join(', ') }},
        any_value(village_code) as village_code,
        {% for level in levels() %}
        count(*) filter (where level = '{{ level }}') as {{ level }}_rows,
        {% endfor %}
        min(fingerprint) = max(fingerprint) as is_uniform
    from records
    group by {{ key | join(', ') }}

),

-- of nearly all nobody needs to ask who handed in
unsettled as (

    select * from matched
    where
        not is_uniform
        {% for level in levels() %}
        or {{ level }}_rows <> 1
        {% endfor %}

),

disputed as (

    select
        {% for column in key %}
        unsettled.{{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from unsettled
    left join handed_in
        on handed_in.period = unsettled.period
        and handed_in.division_code = unsettled.village_code
    where
        not unsettled.is_uniform
        {% for level in levels() %}
        or unsettled.{{ level }}_rows <> coalesce(handed_in.{{ level }}_handed_in, false)::integer
        {% endfor %}

)

select * from disputed
{% endmacro %}
