{{ config(materialized='view') }}

{{ fingerprint_records('employment', ref('stg_employment')) }}
