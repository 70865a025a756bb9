{#-
    What each level now has of the records of a ledger that some breaks are of: whether it lists the person and
    the candidate, and what it says in the column that differed.
-#}
{% macro records_now(ledger, breaks, records) -%}
    {%- set key = contract_of(ledger).key -%}
    {%- set whose = 'records.person_key' if 'person_key' in key else 'breaks.person_key' -%}
    select
        breaks.break_id,
        records.level,
        bool_or({{ whose }} is not distinct from breaks.person_key) as has_record,
        bool_or({{ whose }} = breaks.candidate_key) as has_candidate,
        (array_agg(
            case breaks.column_name
                {% for column in compared_columns_of(ledger) %}
                when '{{ column.contract_name }}' then records.{{ column.name }}::text
                {% endfor %}
            end
            order by records.division_code, records.sheet, records.row_number
        ))[1] as value
    from {{ breaks }} as breaks
    inner join {{ records }} as records
        on records.period = breaks.period
        {% for name in key %}
        {% if name == 'person_key' %}
        and records.person_key in (breaks.person_key, breaks.candidate_key)
        {% else %}
        and records.{{ name }} = breaks.record_no
        {% endif %}
        {% endfor %}
    where breaks.ledger = '{{ ledger }}' and breaks.kind <> 'total'
    group by breaks.break_id, records.level
{%- endmacro %}
