with

answered as (

    select * from {{ ref('int_reconciliation__answered') }}

),

values_now as (

    select * from {{ ref('int_reconciliation__value_now') }}

),

beside as (

    select
        answered.*,
        {% for level in levels() %}
        values_now.{{ level }}_value,
        {% endfor %}
        coalesce(values_now.levels_with_record, 0) as levels_with_record,
        {% for level in levels() %}
        coalesce(values_now.{{ level }}_is_as_answered, false)::integer
        {{- ' +' if not loop.last else ' as levels_as_answered,' }}
        {% endfor %}
        {% for level in levels() %}
        case when not values_now.{{ level }}_is_as_answered then '{{ level }}' end as {{ level }}_otherwise{{ ',' if not loop.last }}
        {% endfor %}
    from answered
    left join values_now using (break_id)

),

judged as (

    select
        break_id,
        ledger,
        period,
        kind,
        township_code,
        division_code,
        person_key,
        record_no,
        column_name,
        correct_value,
        {% for level in levels() %}
        {{ level }}_value,
        {% endfor %}
        status,
        {{ answer_outcome() }} as outcome,
        nullif(concat_ws(
            ',',
            {% for level in levels() %}
            {{ level }}_otherwise{{ ',' if not loop.last }}
            {% endfor %}
        ), '') as levels_otherwise,
        reason,
        answered_on,
        answered_by,
        file_sha256,
        file_sheet,
        file_row,
        other_value,
        other_by
    from beside

)

select * from judged
