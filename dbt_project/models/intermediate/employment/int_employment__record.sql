{{ config(materialized='view') }}

{{ number_records(ref('stg_employment'), ref('int_employment__repeated')) }}
