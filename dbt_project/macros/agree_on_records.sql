{#-
    Every record of a ledger once, with the value that counts in each column. It is on record if most of the
    levels that handed in have it; where they are two and disagree, the county's word decides. What nobody
    disputes is taken as it stands.
-#}
{% macro agree_on_records(ledger, records, matched, disputed) %}
{%- set key = ['period'] + contract_of(ledger).key -%}
{%- set columns = key + columns_of(ledger) -%}
with

matched as (

    select * from {{ matched }}
    where not is_disputed

),

undisputed as (

    select
        {% for column in columns %}
        records.{{ column }},
        {% endfor %}
        true as is_agreed,
        matched.village_code as home_village_code,
        matched.levels_with_record as levels_handed_in,
        matched.levels_with_record,
        matched.levels_with_record as levels_agreeing
    from matched
    inner join {{ records }} as records
        on records.level = matched.first_level
        {% for column in key %}
        and records.{{ column }} = matched.{{ column }}
        {% endfor %}

),

disputed as (

    select * from {{ disputed }}

),

valued as (

    select
        disputed.*,
        {% for column in contract_of(ledger).columns %}
        {{ agreed_value(column) }} as {{ column.name }}{{ ',' if column.has_precision or not loop.last }}
        {% if column.has_precision %}
        {{ agreed_value(column, precision=true) }} as {{ column.name }}_precision{{ ',' if not loop.last }}
        {% endif %}
        {% endfor %}
    from disputed

),

settled as (

    select
        {% for column in columns %}
        {{ column }},
        {% endfor %}
        2 * levels_with_record > levels_handed_in
        or (2 * levels_with_record = levels_handed_in and county_has_record) as is_agreed,
        home_village_code,
        levels_handed_in,
        levels_with_record,
        {% for level in levels() %}
        {{ has_just_so(ledger, level) }}::integer{{ ' +' if not loop.last }}
        {% endfor %}
        as levels_agreeing
    from valued

),

agreed as (

    select * from undisputed

    union all

    select * from settled

)

select * from agreed
{% endmacro %}

{#- Whether a level has a record with the value that counts in every compared column. -#}
{% macro has_just_so(ledger, level) -%}
    ({{ level }}_has_record and not (
        {% for column in compared_columns_of(ledger) %}
        {{ differs(column, level ~ '_' ~ column.name, column.name) }}{{ ' or' if not loop.last }}
        {% endfor %}
    ))
{%- endmacro %}
