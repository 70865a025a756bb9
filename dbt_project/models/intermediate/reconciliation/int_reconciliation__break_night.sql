{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['night_date', 'break_id'],
    on_schema_change='append_new_columns',
    full_refresh=false,
    tags=['nightly']
) }}

with

tonight as (

    select * from {{ ref('int_reconciliation__break') }}

),

accepted_differences as (

    select * from {{ ref('stg_accepted_difference') }}

),

found as (

    select
        {{ night_date() }} as night_date,
        true as is_open,
        tonight.*
    from tonight
    {% if is_incremental() %}

    union all

    -- found by an earlier run of the same night, and put right since
    select
        earlier.night_date,
        false as is_open,
        {% for column in break_columns() %}
        earlier.{{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ this }} as earlier
    where
        earlier.night_date = {{ night_date() }}
        and not exists (
            select from tonight
            where tonight.break_id = earlier.break_id
        )
    {% endif %}

),

judged as (

    select
        found.*,
        accepted_differences.break_id is not null as is_accepted
    from found
    left join accepted_differences
        on {{ is_accepted_as('accepted_differences', 'found') }}

)

select * from judged
