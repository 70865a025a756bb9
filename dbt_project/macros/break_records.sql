{#-
    The breaks of a ledger's records: absent at a level, extra at a level, listed twice at a level, or a column
    that differs. The records side by side are read once, and what is left of them is small.
-#}
{% macro break_records(ledger, joined) %}
with

disagreeing as materialized (

    select
        *,
        {{ whose(ledger) }} as break_person_key,
        {{ record_no(ledger) }} as record_no
    from {{ joined }}
    where
        levels_with_record < levels_handed_in
        or greatest(county_rows, township_rows, village_rows) > 1
        {% for column in compared_columns_of(ledger) %}
        or {{ levels_differ(column, 'county', 'township') }}
        or {{ levels_differ(column, 'county', 'village') }}
        or {{ levels_differ(column, 'township', 'village') }}
        {% endfor %}

),

missing as (

    select
        *,
        case when levels_handed_in = 3 and levels_with_record = 1 then 'extra' else 'absent' end as kind
    from disagreeing
    where levels_with_record < levels_handed_in

),

located as (

    select
        *,
        case
            {% for level in levels() %}
            when kind = 'extra' and {{ level }}_has_record then '{{ level }}'
            when kind = 'absent' and {{ level }}_handed_in and not {{ level }}_has_record then '{{ level }}'
            {% endfor %}
        end as level
    from missing

),

compared as (

    select
        disagreeing.*,
        value.*
    from disagreeing
    cross join lateral (
        values
        {% for column in compared_columns_of(ledger) %}
        (
            '{{ column.contract_name }}',
            {% for level in levels() %}
            case when {{ level }}_has_record then {{ level }}_{{ column.name }}::text end,
            {% endfor %}
            {{ levels_differ(column, 'county', 'township') }},
            {{ levels_differ(column, 'county', 'village') }},
            {{ levels_differ(column, 'township', 'village') }}
        ){{ ',' if not loop.last }}
        {% endfor %}
    ) as value (
        column_name,
        county_value,
        township_value,
        village_value,
        county_township_differ,
        county_village_differ,
        township_village_differ
    )

),

breaks as (

    select
        period, kind, level, home_village_code, break_person_key, record_no,
        null as column_name, null as county_value, null as township_value, null as village_value
    from located

    union all

    select
        period, 'duplicate', listed.level, home_village_code, break_person_key, record_no,
        null, null, null, null
    from disagreeing
    cross join lateral (
        values ('county', county_rows), ('township', township_rows), ('village', village_rows)
    ) as listed (level, rows)
    where listed.rows > 1

    union all

    select
        period, 'differs', {{ odd_one_out('levels_with_record') }}, home_village_code, break_person_key, record_no,
        column_name, county_value, township_value, village_value
    from compared
    where county_township_differ or county_village_differ or township_village_differ

)

select
    '{{ ledger }}' as ledger,
    period,
    kind,
    level,
    {{ township_of('home_village_code') }} as township_code,
    home_village_code as division_code,
    break_person_key as person_key,
    record_no,
    column_name,
    county_value,
    township_value,
    village_value
from breaks
{% endmacro %}

{% macro whose(ledger) -%}
    {%- if 'person_key' in contract_of(ledger).key -%}
        person_key
    {%- else -%}
        coalesce(county_person_key, township_person_key, village_person_key)
    {%- endif -%}
{%- endmacro %}

{#- The column that numbers a person's records of a ledger, and nothing where a person has only one. -#}
{% macro record_no(ledger) -%}
    {{ contract_of(ledger).key | reject('equalto', 'person_key') | first | default('null::text', true) }}
{%- endmacro %}

{#- Of three levels the one that two others contradict; nobody where two have a say, or all three differ. -#}
{% macro odd_one_out(levels_having_a_say) -%}
    case
        when {{ levels_having_a_say }} < 3 then null
        when county_township_differ and county_village_differ and not township_village_differ then 'county'
        when county_township_differ and township_village_differ and not county_village_differ then 'township'
        when county_village_differ and township_village_differ and not county_township_differ then 'village'
    end
{%- endmacro %}

