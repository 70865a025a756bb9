{#- A hash of all that a row says beyond its key: rows that say the same have the same one. Worked out once, in staging. -#}
{% macro fingerprint(ledger) -%}
    hash_record_extended(row({{ columns_of(ledger) | join(', ') }}), 0)
{%- endmacro %}
