{#-
    What the levels now have in the columns of a ledger that were answered for: side by side while disputed, else
    what they agree on; and whether that is what was answered. An empty cell is （空）, as it is answered; null is a
    level without the record, or whose file does not have the column.
-#}
{% macro values_now(ledger, agreed, disputed, answered) -%}
    {%- set key = contract_of(ledger).key -%}
    select
        answered.break_id,
        agreed.levels_with_record,
        {% for level in levels() %}
        value.{{ level }}_value,
        {% endfor %}
        {% for level in levels() %}
        value.{{ level }}_is_as_answered{{ ',' if not loop.last }}
        {% endfor %}
    from {{ answered }} as answered
    inner join {{ agreed }} as agreed
        on agreed.period = answered.period
        {% for name in key %}
        and agreed.{{ name }} = answered.{{ 'person_key' if name == 'person_key' else 'record_no' }}
        {% endfor %}
    left join {{ disputed }} as disputed
        on disputed.period = agreed.period
        {% for name in key %}
        and disputed.{{ name }} = agreed.{{ name }}
        {% endfor %}
    cross join lateral (
        select
            nullif(answered.correct_value, '（空）') as as_text,
            case
                when {{ is_answer_of('amount', ledger) }} then nullif(answered.correct_value, '（空）')::numeric
            end as as_number,
            -- what is not told of a date is the first of it
            case
                when {{ is_answer_of('date', ledger) }}
                    then (
                        nullif(answered.correct_value, '（空）')
                        || right('-01-01', 10 - length(answered.correct_value))
                    )::date
            end as as_date,
            case length(answered.correct_value) when 4 then 'year' when 7 then 'month' else 'day' end as as_date_precision
    ) as answer
    left join lateral (
        values
        {% for column in compared_columns_of(ledger) %}
        (
            '{{ column.contract_name }}'
            {%- for level in levels() %},
            case
                when disputed.period is null then coalesce(agreed.{{ column.name }}::text, '（空）')
                when disputed.{{ level }}_has_record and {{ says(column, level) }}
                    then coalesce(disputed.{{ level }}_{{ column.name }}::text, '（空）')
            end
            {%- endfor %}
            {%- for level in levels() %},
            case
                when answered.column_name <> '{{ column.contract_name }}' or answered.correct_value is null then null
                when disputed.period is null then not {{ differs_from_answer(column, 'agreed.' ~ column.name) }}
                when disputed.{{ level }}_has_record and {{ says(column, level) }}
                    then not {{ differs_from_answer(column, 'disputed.' ~ level ~ '_' ~ column.name) }}
            end
            {%- endfor %}
        ){{ ',' if not loop.last }}
        {% endfor %}
    ) as value (
        column_name,
        county_value,
        township_value,
        village_value,
        county_is_as_answered,
        township_is_as_answered,
        village_is_as_answered
    )
        on value.column_name = answered.column_name
    where answered.ledger = '{{ ledger }}'
{%- endmacro %}

{#- Whether a value of a column differs from what was answered, as its contract has it compared. -#}
{% macro differs_from_answer(column, value) -%}
    {%- if column.compare == 'date' -%}
        {{ differs(column, value, 'answer.as_date') }}
    {%- elif column.compare == 'amount' -%}
        {{ differs(column, value, 'answer.as_number') }}
    {%- else -%}
        {{ differs(column, value ~ '::text', 'answer.as_text') }}
    {%- endif -%}
{%- endmacro %}

{#- Whether a value was answered of a column that is compared in this way. -#}
{% macro is_answer_of(compare, ledger) -%}
    {%- set names = compared_columns_of(ledger) | selectattr('compare', 'equalto', compare) | map(attribute='contract_name') -%}
    answered.kind = 'differs' and answered.column_name in ('{{ names | join("', '") }}')
{%- endmacro %}
