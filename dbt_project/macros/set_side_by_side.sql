{#-
    The disputed records of a ledger, with what county, township and village have of each side by side, and
    whether each of them can speak of it: it handed in, and no row that it had rejected is this record. Of a
    record that a level lists twice the first row counts. Of a column that a level's file does not have it says nothing.
-#}
{% macro set_side_by_side(ledger, records, disputed, handed_in, rejected, extracts) %}
{%- set key = ['period'] + contract_of(ledger).key -%}
{%- set by_key = key | join(', ') -%}
{%- do config(meta={'joined_by': key}) -%}
with

handed_in as (

    select * from {{ handed_in }}
    where ledger = '{{ ledger }}'

),

rejected as (

    select * from {{ rejected }}
    where ledger = '{{ ledger }}'

),

disputed as (

    select * from {{ disputed }}

),

extracts as (

    select extract_id, absent_columns from {{ extracts }}

),

numbered as (

    select
        records.*,
        extracts.absent_columns,
        row_number() over same_record as occurrence,
        count(*) over same_record as occurrences
    from {{ records }} as records
    inner join disputed using ({{ by_key }})
    left join extracts on extracts.extract_id = records.extract_id
    window same_record as (
        partition by {{ by_key }}, records.level
        order by records.division_code, records.sheet, records.row_number
        rows between unbounded preceding and unbounded following
    )

),

{% for level in levels() %}
{{ level }} as (

    select * from numbered
    where level = '{{ level }}' and occurrence = 1

),

{% endfor %}
joined as (

    select
        {{ by_key }},
        coalesce(county.village_code, township.village_code, village.village_code) as home_village_code,
        coalesce(county.name, township.name, village.name) as home_name,
        {% for level in levels() %}
        {{ level }}.extract_id as {{ level }}_row_extract_id,
        {{ level }}.absent_columns as {{ level }}_absent_columns,
        coalesce({{ level }}.occurrences, 0) as {{ level }}_rows,
        {% for column in columns_of(ledger) %}
        {{ level }}.{{ column }} as {{ level }}_{{ column }}{{ ',' if not loop.last }}
        {% endfor %}
        {{ ',' if not loop.last }}
        {% endfor %}
    from disputed
    {% for level in levels() %}
    left join {{ level }} using ({{ by_key }})
    {% endfor %}

),

lacking as (

    {% for level in levels() %}
    select
        {{ by_key }},
        {{ whose(ledger) }} as home_person_key,
        {{ record_no(ledger) }} as record_no,
        home_village_code,
        home_name,
        '{{ level }}' as level
    from joined
    where {{ level }}_rows = 0
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

unread as (

    {{ match_rejected(ledger, 'lacking', 'rejected') }}

),

scoped as (

    select
        joined.*,
        {% for level in levels() %}
        coalesce(
            joined.{{ level }}_row_extract_id,
            case when not coalesce(unread.{{ level }}_unread, false) then handed_in.{{ level }}_extract_id end
        ) as {{ level }}_extract_id,
        coalesce(handed_in.{{ level }}_handed_in and not coalesce(unread.{{ level }}_unread, false), false)
        as {{ level }}_handed_in,
        coalesce(handed_in.{{ level }}_handed_in, false) and joined.{{ level }}_rows > 0 as {{ level }}_has_record
        {{- ',' if not loop.last }}
        {% endfor %}
    from joined
    left join handed_in
        on handed_in.period = joined.period
        and handed_in.division_code = joined.home_village_code
    left join unread
        on {{ same_key(key, 'unread', 'joined') }}

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

{#-
    The records that a level may well have had in a row that was rejected, so that nobody knows.
-#}
{% macro match_rejected(ledger, lacking, rejected) -%}
    {%- set key = ['period'] + contract_of(ledger).key -%}
    select
        {% for column in key %}
        {{ column }},
        {% endfor %}
        {% for level in levels() %}
        bool_or(level = '{{ level }}') as {{ level }}_unread{{ ',' if not loop.last }}
        {% endfor %}
    from (
        -- one way to meet after the other, each a join on equal columns
        {% for may_be_it in ways_to_be_it(ledger) %}
        select lacking.*
        from {{ lacking }} as lacking
        inner join {{ rejected }} as unreadable
            on unreadable.period = lacking.period
            and unreadable.level = lacking.level
            and {{ may_be_it }}
        {{ 'union all' if not loop.last }}
        {% endfor %}
    ) as met
    group by {{ key | join(', ') }}

{%- endmacro %}

{#-
    How a row that was rejected may be a record: it is of the same person, or where the identity number could not be
    read of the same name and village; and its class is the same or could not be read. A payment is told by its number
    alone; only where that could not be read, it may be any payment of the person.
-#}
{% macro ways_to_be_it(ledger) -%}
    {%- set key = contract_of(ledger).key -%}
    {%- set ways = [
        'unreadable.person_key = lacking.home_person_key',
        'unreadable.person_key is null and unreadable.village_code = lacking.home_village_code'
        ' and ' ~ normalised('unreadable.name', 'normalised') ~ ' = ' ~ normalised('lacking.home_name', 'normalised'),
    ] -%}
    {%- if key == ['person_key'] -%}
        {{ return(ways) }}
    {%- elif 'person_key' in key -%}
        {{ return(also(ways, 'coalesce(unreadable.record_no, lacking.record_no) = lacking.record_no')) }}
    {%- else -%}
        {{ return(['unreadable.record_no = lacking.record_no'] + also(ways, 'unreadable.record_no is null')) }}
    {%- endif -%}
{%- endmacro %}

{% macro also(conditions, condition) -%}
    {%- set both = [] -%}
    {%- for one in conditions -%}
        {%- do both.append(one ~ ' and ' ~ condition) -%}
    {%- endfor -%}
    {{ return(both) }}
{%- endmacro %}

{#- For how many levels the flag `<level><suffix>` is set. -#}
{% macro count_levels(suffix) -%}
    {% for level in levels() %}{{ level }}{{ suffix }}::integer{{ ' + ' if not loop.last }}{% endfor %}
{%- endmacro %}
