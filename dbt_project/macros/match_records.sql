{#-
    Every record of a ledger once, narrow: whether there is anything to settle about it. There is not where each
    level that handed in has it once and all say the same, as of nearly all records; so only what is disputed is
    ever set side by side. This replaces a three-way join of all columns by one pass over the keys. Where levels
    place a record in different villages, any of them will do: it is disputed in any case.
-#}
{% macro match_records(ledger, records, handed_in) %}
{%- set by_key = (['period'] + contract_of(ledger).key) | join(', ') -%}
with

records as (

    select * from {{ records }}

),

handed_in as (

    select * from {{ handed_in }}
    where ledger = '{{ ledger }}'

),

matched as (

    select
        {{ by_key }},
        any_value(village_code) as village_code,
        {% for level in levels() %}
        count(*) filter (where level = '{{ level }}') as {{ level }}_rows,
        {% endfor %}
        min(fingerprint) = max(fingerprint) as is_uniform
    from records
    group by {{ by_key }}

),

judged as (

    select
        {% for column in ['period'] + contract_of(ledger).key %}
        matched.{{ column }},
        {% endfor %}
        matched.village_code,
        case
            {% for level in levels() %}
            when matched.{{ level }}_rows > 0 then '{{ level }}'
            {% endfor %}
        end as first_level,
        {% for level in levels() %}
        (matched.{{ level }}_rows > 0)::integer{{ ' +' if not loop.last }}
        {% endfor %}
        as levels_with_record,
        not matched.is_uniform
        {% for level in levels() %}
        or matched.{{ level }}_rows <> coalesce(handed_in.{{ level }}_handed_in, false)::integer
        {% endfor %}
        as is_disputed
    from matched
    left join handed_in
        on handed_in.period = matched.period
        and handed_in.division_code = matched.village_code

)

select * from judged
{% endmacro %}
