{#-
    The breaks of a ledger's disputed records: absent at a level, extra at a level, under another number at a level
    (`identities` has those), listed twice at a level, or a column that differs.
-#}
{% macro break_records(ledger, disputed, identities) %}
{%- set about = [
    'period', 'levels_handed_in', 'home_village_code', 'break_person_key', 'record_no',
    'county_extract_id', 'township_extract_id', 'village_extract_id',
] | join(', ') -%}
with

disputed as (

    select
        *,
        {{ whose(ledger) }} as break_person_key,
        {{ record_no(ledger) }} as record_no
    from {{ disputed }}

),

identities as (

    select * from {{ identities }}
    where ledger = '{{ ledger }}'

),

missing as (

    select
        disputed.*,
        case when levels_handed_in = 3 and levels_with_record = 1 then 'extra' else 'absent' end as kind
    from disputed
    where
        levels_with_record < levels_handed_in
        and levels_with_record > 0
        and not exists (
            select from identities
            where
                identities.period = disputed.period
                and disputed.break_person_key in (identities.person_key, identities.candidate_key)
                and identities.record_no is not distinct from disputed.record_no
        )

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

said_differently as (

    select * from disputed
    where {{ not_all_the_same(ledger) }}

),

-- a query for each column: of a list of values Postgres would prepare every comparison anew for each record
compared as (

    {% for column in compared_columns_of(ledger) %}
    select
        {{ about }},
        levels_with_record,
        '{{ column.contract_name }}' as column_name,
        {% for level in levels() %}
        case when {{ level }}_has_record then {{ level }}_{{ column.name }}::text end as {{ level }}_value,
        {% endfor %}
        {{ levels_differ(column, 'county', 'township') }} as county_township_differ,
        {{ levels_differ(column, 'county', 'village') }} as county_village_differ,
        {{ levels_differ(column, 'township', 'village') }} as township_village_differ
    from said_differently

    {{ 'union all' if not loop.last }}

    {% endfor %}
),

breaks as (

    select
        {{ about }}, kind, level,
        null as column_name, null as county_value, null as township_value, null as village_value,
        null::bigint as candidate_key, null::numeric(3, 2) as score
    from located

    union all

    select
        {{ about }}, 'identity', identities.level, null, null, null, null, identities.candidate_key, identities.score
    from disputed
    inner join (
        select period, person_key, record_no, level, candidate_key, score from identities
    ) as identities (its_period, its_person_key, its_record_no, level, candidate_key, score)
        on its_period = period
        and its_person_key = break_person_key
        and its_record_no is not distinct from record_no

    union all

    select {{ about }}, 'duplicate', listed.level, null, null, null, null, null, null
    from disputed
    cross join lateral (
        values ('county', county_rows), ('township', township_rows), ('village', village_rows)
    ) as listed (level, rows)
    where listed.rows > 1

    union all

    select
        {{ about }}, 'differs', {{ odd_one_out('levels_with_record') }},
        column_name, county_value, township_value, village_value, null, null
    from compared
    where county_township_differ or county_village_differ or township_village_differ

)

select
    '{{ ledger }}' as ledger,
    period,
    kind,
    level,
    {{ culprit() }} as culprit,
    {{ township_of('home_village_code') }} as township_code,
    home_village_code as division_code,
    break_person_key as person_key,
    record_no,
    column_name,
    county_value,
    township_value,
    village_value,
    candidate_key,
    score,
    county_extract_id,
    township_extract_id,
    village_extract_id
from breaks
{% endmacro %}

{#- Whether the levels write anything differently that is compared: cheap to tell, so that few records are looked at closely. -#}
{% macro not_all_the_same(ledger) -%}
    {%- for other in ('township', 'village') -%}
        (
            {%- for column in compared_columns_of(ledger) %}county_{{ column.name }}{{ ', ' if not loop.last }}{% endfor -%}
        ) is distinct from (
            {%- for column in compared_columns_of(ledger) %}{{ other }}_{{ column.name }}{{ ', ' if not loop.last }}{% endfor -%}
        ){{ ' or ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#-
    Who is probably wrong: the level that two witnesses contradict, or that contradicts itself. Of two levels alone
    nobody can tell, even if it is known which of them lacks the record.
-#}
{% macro culprit() -%}
    case when level is null or (kind = 'absent' and levels_handed_in < 3) then 'unknown' else level end
{%- endmacro %}

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
