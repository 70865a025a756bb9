{{ config(materialized='view', tags=['nightly']) }}

with

submissions as (

    select * from {{ ref('int_report__submission') }}

),

villages as (

    select * from {{ ref('int_report__village') }}

),

flagged as (

    -- a village's rows are about as many as its people, of whom the village report may tell nothing
    select
        submissions.*,
        submissions.division_level = 'village' and coalesce(
            {{ is_small('submissions.rows_read') }}
            or {{ is_small('submissions.rows_accepted') }}
            or (submissions.ledger = 'employment' and villages.is_hidden),
            false
        ) as is_small
    from submissions
    left join villages
        on villages.division_code = submissions.division_code and villages.month = submissions.period

),

hidden as (

    select
        *,
        is_small or {{ is_telling('rows_accepted', 'is_small', 'ledger, division_level, township_code') }} as is_hidden
    from flagged

),

shown as (

    select
        ledger,
        period,
        division_code,
        division_level,
        division_name,
        township_code,
        status,
        is_late,
        files_refused,
        {% for count in ['rows_read', 'rows_accepted', 'rows_rejected', 'accepted_percent'] %}
        case when not is_hidden then {{ count }} end as {{ count }},
        {% endfor %}
        days_late,
        first_handed_in_on,
        last_handed_in_on
    from hidden

)

select * from shown
