{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='closed_on',
    on_schema_change='append_new_columns',
    full_refresh=false,
    tags=['nightly']
) }}

with

closing as (

    select * from {{ ref('int_reconciliation__last_found') }}
    where closed_on = {{ night_date() }}

),

said_now as (

    select * from {{ ref('int_reconciliation__closing_now') }}

),

said_before as (

    select
        closing.break_id,
        closing.kind,
        -- of one person under two numbers at two levels it is not kept who had which, nor known, therefore, who changed
        coalesce(closing.level = said.its_level, case when closing.kind <> 'identity' then false end) as is_its_own,
        said.*
    from closing
    cross join lateral (
        values
        {% for level in levels() %}
        ('{{ level }}', {{ level }}_value, {{ level }}_extract_id is not null){{ ',' if not loop.last }}
        {% endfor %}
    ) as said (its_level, value, had_handed_in)

),

changed as (

    select
        said_before.break_id,
        said_before.its_level as level
    from said_before
    left join said_now
        on said_now.break_id = said_before.break_id
        and said_now.level = said_before.its_level
    where {{ has_changed('said_before', 'said_now') }}

),

closed as (

    select
        {{ night_date() }} as closed_on,
        break_id,
        string_agg(level, ',' order by level) as changed_levels
    from changed
    group by break_id

)

select * from closed
