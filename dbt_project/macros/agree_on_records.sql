{#-
    Every record of a ledger once, with the value that counts in each column. It is on record if most of the
    levels that handed in have it; where they are two and disagree, the county's word decides. What nobody
    disputes is taken as it stands with the first level that handed in.
-#}
{% macro agree_on_records(ledger, records, handed_in, disputed) %}
{%- set key = ['period'] + contract_of(ledger).key -%}
{%- set columns = key + columns_of(ledger) -%}
with

disputed as (

    select * from {{ disputed }}

),

handed_in as (

    select
        period,
        division_code,
        case
            {% for level in levels() %}
            when {{ level }}_handed_in then '{{ level }}'
            {% endfor %}
        end as first_level,
        {{ count_levels('_handed_in') }} as levels_handed_in
    from {{ handed_in }}
    where ledger = '{{ ledger }}'

),

undisputed as (

    select
        {% for column in columns %}
        records.{{ column }},
        {% endfor %}
        true as is_agreed,
        records.village_code as home_village_code,
        handed_in.levels_handed_in,
        handed_in.levels_handed_in as levels_with_record,
        handed_in.levels_handed_in as levels_agreeing
    from {{ records }} as records
    inner join handed_in
        on handed_in.period = records.period
        and handed_in.division_code = records.village_code
        and handed_in.first_level = records.level
    where
        not exists (
            select from disputed
            where
                {% for column in key %}
                disputed.{{ column }} = records.{{ column }}{{ ' and' if not loop.last }}
                {% endfor %}
        )

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

{#- Whether a level has a record with the value that counts in every compared column that it has. -#}
{% macro has_just_so(ledger, level) -%}
    ({{ level }}_has_record and not (
        {% for column in compared_columns_of(ledger) %}
        ({{ says(column, level) }} and {{ differs(column, level ~ '_' ~ column.name, column.name) }})
        {{- ' or' if not loop.last }}
        {% endfor %}
    ))
{%- endmacro %}
