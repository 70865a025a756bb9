{#-
    Every record of a ledger once, with what county, township and village have of it side by side, and whether
    each of them handed in what should hold it. Of a record that a level lists twice the first row is joined.
-#}
{% macro join_levels(ledger, records, handed_in) %}
{%- set by_key = (['period'] + contract_of(ledger).key) | join(', ') -%}
with

{% for level in levels() %}
{{ level }} as (

    select * from {{ records }}
    where level = '{{ level }}' and occurrence = 1

),

{% endfor %}
handed_in as (

    select * from {{ handed_in }}
    where ledger = '{{ ledger }}'

),

joined as (

    select
        {{ by_key }},
        coalesce(county.village_code, township.village_code, village.village_code) as home_village_code,
        {% for level in levels() %}
        coalesce({{ level }}.occurrences, 0) as {{ level }}_rows,
        {% for column in columns_of(ledger) %}
        {{ level }}.{{ column }} as {{ level }}_{{ column }}{{ ',' if not loop.last }}
        {% endfor %}
        {{ ',' if not loop.last }}
        {% endfor %}
    from county
    full join township using ({{ by_key }})
    full join village using ({{ by_key }})

),

scoped as (

    select
        joined.*,
        {% for level in levels() %}
        coalesce(handed_in.{{ level }}_handed_in, false) as {{ level }}_handed_in,
        coalesce(handed_in.{{ level }}_handed_in, false) and {{ level }}_rows > 0 as {{ level }}_has_record
        {{- ',' if not loop.last }}
        {% endfor %}
    from joined
    left join handed_in
        on handed_in.period = joined.period
        and handed_in.division_code = joined.home_village_code

),

counted as (

    select
        *,
        {{ count_levels('_handed_in') }} as levels_handed_in,
        {{ count_levels('_has_record') }} as levels_with_record
    from scoped

)

select * from counted
{% endmacro %}

{#- For how many levels the flag `<level><suffix>` is set. -#}
{% macro count_levels(suffix) -%}
    {% for level in levels() %}{{ level }}{{ suffix }}::integer{{ ' + ' if not loop.last }}{% endfor %}
{%- endmacro %}
