{#-
    The rows of a ledger, each with a fingerprint of all that it says: rows that say the same have the same one.
-#}
{% macro fingerprint_records(ledger, staged) %}
with

staged as (

    select * from {{ staged }}

),

fingerprinted as (

    select
        *,
        hash_record_extended(row({{ columns_of(ledger) | join(', ') }}), 0) as fingerprint
    from staged

)

select * from fingerprinted
{% endmacro %}
