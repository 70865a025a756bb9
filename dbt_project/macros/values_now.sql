{#- What the levels now have in the columns of a ledger that were answered for, the records side by side. -#}
{% macro values_now(ledger, joined, answered) -%}
    select
        answered.break_id,
        joined.levels_with_record,
        {% for level in levels() %}
        value.{{ level }}_value{{ ',' if not loop.last }}
        {% endfor %}
    from {{ answered }} as answered
    inner join {{ joined }} as joined
        on joined.period = answered.period
        {% for name in contract_of(ledger).key %}
        and joined.{{ name }} = answered.{{ 'person_key' if name == 'person_key' else 'record_no' }}
        {% endfor %}
    left join lateral (
        values
        {% for column in compared_columns_of(ledger) %}
        (
            '{{ column.contract_name }}'
            {%- for level in levels() %},
            case when joined.{{ level }}_has_record then joined.{{ level }}_{{ column.name }}::text end
            {%- endfor %}
        ){{ ',' if not loop.last }}
        {% endfor %}
    ) as value (column_name, county_value, township_value, village_value)
        on value.column_name = answered.column_name
    where answered.ledger = '{{ ledger }}'
{%- endmacro %}
