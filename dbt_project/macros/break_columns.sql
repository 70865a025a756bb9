{#- What is known of a break on one night, in the order of `int_reconciliation__break`. -#}
{% macro break_columns() %}
    {{ return([
        'break_id', 'ledger', 'period', 'kind', 'level', 'culprit', 'township_code', 'division_code', 'person_key',
        'record_no', 'column_name', 'county_value', 'township_value', 'village_value', 'candidate_key', 'score',
        'county_extract_id', 'township_extract_id', 'village_extract_id',
    ]) }}
{% endmacro %}
