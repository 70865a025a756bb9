{{ config(materialized='view') }}

{{ number_records(ref('stg_training'), ref('int_training__repeated')) }}
