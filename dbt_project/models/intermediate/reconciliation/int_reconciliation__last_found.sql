{{ config(tags=['nightly']) }}

with

found as (

    select * from {{ ref('int_reconciliation__break_night') }}

),

lives as (

    select * from {{ ref('int_reconciliation__break_life') }}

),

last_found as (

    select
        {% for column in break_columns() %}
        found.{{ column }},
        {% endfor %}
        lives.first_seen,
        lives.last_seen,
        lives.open_since,
        lives.due_since,
        lives.closed_on,
        lives.nights_open,
        lives.times_reopened
    from lives
    inner join found
        on found.break_id = lives.break_id
        and found.night_date = lives.last_seen

)

select * from last_found
