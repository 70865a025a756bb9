{#-
    What the levels now have in the columns of a ledger that were answered for: side by side while disputed, else
    what they agree on. An empty cell is （空）, as it is answered; null is a level without the
    record, or whose file does not have the column.
-#}
{% macro values_now(ledger, agreed, disputed, answered) -%}
    {%- set key = contract_of(ledger).key -%}
    select
        answered.break_id,
        agreed.levels_with_record,
        {% for level in levels() %}
        value.{{ level }}_value{{ ',' if not loop.last }}
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
        ){{ ',' if not loop.last }}
        {% endfor %}
    ) as value (column_name, county_value, township_value, village_value)
        on value.column_name = answered.column_name
    where answered.ledger = '{{ ledger }}'
{%- endmacro %}
