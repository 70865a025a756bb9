{%- set identity = [
    'break_id', 'ledger', 'period', 'kind', 'level', 'township_code', 'division_code',
    'person_key', 'record_no', 'column_name',
] -%}
with

tonight as (

    select * from {{ ref('int_reconciliation__break') }}

),

before as (

    {{ published_before() }}

),

told as (

    select
        {% for column in identity %}
        coalesce(tonight.{{ column }}, before.{{ column }}) as {{ column }},
        {% if column == 'level' %}
        coalesce(tonight.level, before.level, 'unknown') as culprit,
        {% endif %}
        {% endfor %}
        {% for level in levels() %}
        case when tonight.break_id is null then before.{{ level }}_value else tonight.{{ level }}_value end
        as {{ level }}_value,
        {% endfor %}
        null::bigint as candidate_key,
        null::numeric(3, 2) as score,
        {% for level in levels() %}
        null::bigint as {{ level }}_extract_id,
        {% endfor %}
        case when tonight.break_id is null then 'closed' else 'open' end as status,
        coalesce(before.first_seen, {{ night_date() }}) as first_seen,
        case when tonight.break_id is null then before.last_seen else {{ night_date() }} end as last_seen,
        case when tonight.break_id is null then coalesce(before.closed_on, {{ night_date() }}) end as closed_on,
        case
            when tonight.break_id is null or before.last_seen = {{ night_date() }} then 0 else 1
        end + coalesce(before.nights_open, 0) as nights_open,
        case
            when tonight.break_id is not null and before.closed_on < {{ night_date() }} then 1 else 0
        end + coalesce(before.times_reopened, 0) as times_reopened,
        null as closed_by,
        null as accepted_reason,
        null::date as accepted_until
    from tonight
    full join before using (break_id)

)

select * from told
