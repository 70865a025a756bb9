{{ config(materialized='view') }}

{{ number_records(ref('stg_subsidy'), ref('int_subsidy__repeated')) }}
