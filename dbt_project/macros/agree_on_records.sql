{#-
    Every record of a ledger once, with the value that counts in each column. It is on record if most of the
    levels that handed in have it; where they are two and disagree, the county's word decides. What nobody
    disputes is taken as it stands with the first level that handed in, but for what is not compared: there the
    levels may say different things, and the value that counts is found as in a dispute.
-#}
{% macro agree_on_records(ledger, records, handed_in, disputed, extracts) %}
{%- set key = ['period'] + contract_of(ledger).key -%}
{%- set by_key = key | join(', ') -%}
{%- set columns = key + columns_of(ledger) -%}
{%- set carried = with_precisions(carried_columns_of(ledger)) -%}
with

records as (

    select * from {{ records }}

),

disputed as (

    select * from {{ disputed }}

),

extracts as (

    select extract_id, absent_columns from {{ extracts }}

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

carried_differently as (

    select {{ by_key }}
    from records
    group by {{ by_key }}
    having min(carried_fingerprint) <> max(carried_fingerprint)

),

carried as (

    select
        {{ by_key }},
        {% for level in levels() %}
        bool_or(records.level = '{{ level }}') as {{ level }}_has_record,
        any_value(extracts.absent_columns) filter (where records.level = '{{ level }}') as {{ level }}_absent_columns,
        {% for column in carried %}
        any_value(records.{{ column }}) filter (where records.level = '{{ level }}') as {{ level }}_{{ column }}
        {{- ',' if not loop.last }}
        {% endfor %}
        {{ ',' if not loop.last }}
        {% endfor %}
    from records
    inner join carried_differently using ({{ by_key }})
    left join extracts on extracts.extract_id = records.extract_id
    group by {{ by_key }}

),

settled_apart as (

    select
        {{ by_key }},
        {% for column in carried_columns_of(ledger) %}
        {{ agreed_columns(column) }}{{ ',' if not loop.last }}
        {% endfor %}
    from carried

),

undisputed as (

    select
        {% for column in columns %}
        {% if column in carried %}
        case when settled_apart.period is null then records.{{ column }} else settled_apart.{{ column }} end as {{ column }},
        {% else %}
        records.{{ column }},
        {% endif %}
        {% endfor %}
        true as is_agreed,
        records.village_code as home_village_code,
        handed_in.levels_handed_in,
        handed_in.levels_handed_in as levels_with_record,
        handed_in.levels_handed_in as levels_agreeing
    from records
    inner join handed_in
        on handed_in.period = records.period
        and handed_in.division_code = records.village_code
        and handed_in.first_level = records.level
    left join settled_apart
        on {{ same_key(key, 'settled_apart', 'records') }}
    where
        not exists (
            select from disputed
            where {{ same_key(key, 'disputed', 'records') }}
        )

),

valued as (

    select
        disputed.*,
        {% for column in contract_of(ledger).columns %}
        {{ agreed_columns(column) }}{{ ',' if not loop.last }}
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
