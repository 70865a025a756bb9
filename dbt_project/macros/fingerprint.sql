{#-
    Hashes of what a row says beyond its key: of the columns that are compared, and of those that are only carried.
    Rows that say the same have the same ones. Worked out once, in staging.
-#}
{% macro fingerprints(ledger) -%}
    {{ hash_of(compared_columns_of(ledger)) }} as fingerprint,
        {{ hash_of(carried_columns_of(ledger)) }} as carried_fingerprint
{%- endmacro %}

{% macro hash_of(columns) -%}
    hash_record_extended(row({{ with_precisions(columns) | join(', ') }}), 0)
{%- endmacro %}
