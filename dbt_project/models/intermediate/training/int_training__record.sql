{{ config(materialized='view') }}

{{ fingerprint_records('training', ref('stg_training')) }}
