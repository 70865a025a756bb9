{{ config(materialized='view') }}

{{ fingerprint_records('subsidy', ref('stg_subsidy')) }}
