{{ config(materialized='view') }}

-- no CTE: through one Postgres would not see which columns are asked for
select * from {{ ref('stg_subsidy') }}
