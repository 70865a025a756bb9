{#- What tells one break from all others, the same every night. -#}
{% macro break_id() -%}
    md5(concat_ws(
        '|',
        ledger,
        period,
        kind,
        coalesce(level, ''),
        division_code,
        coalesce(person_key::text, ''),
        coalesce(record_no, ''),
        coalesce(column_name, '')
    ))
{%- endmacro %}
