with

found as (

    select * from {{ ref('int_reconciliation__break_night') }}

),

lives as (

    select * from {{ ref('int_reconciliation__break_life') }}

),

accepted_differences as (

    select * from {{ source('reconciliation', 'accepted_difference') }}
    where {{ night_date() }} between accepted_on and accepted_until

),

extracts as (

    select * from {{ source('raw', 'extract') }}
    where status = 'loaded'

),

told as (

    select
        {% for column in break_columns() %}
        found.{{ column }},
        {% endfor %}
        lives.first_seen,
        lives.last_seen,
        lives.closed_on,
        lives.nights_open,
        lives.times_reopened
    from lives
    inner join found
        on found.break_id = lives.break_id
        and found.night_date = lives.last_seen

),

-- an extract that came after the one told of, up to the night on which the break was gone
closers as (

    select
        told.break_id,
        string_agg(distinct extracts.level, ',' order by extracts.level) as closed_by
    from told
    inner join extracts
        on extracts.ledger = told.ledger
        and extracts.period = told.period
        and extracts.extract_date <= told.closed_on
        and {{ is_concerned_by('extracts', 'told') }}
    group by told.break_id

),

judged as (

    select
        {% for column in break_columns() %}
        told.{{ column }},
        {% endfor %}
        case
            when told.closed_on is not null then 'closed'
            when accepted_differences.break_id is not null then 'accepted'
            else 'open'
        end as status,
        told.first_seen,
        told.last_seen,
        told.closed_on,
        told.nights_open,
        told.times_reopened,
        closers.closed_by,
        accepted_differences.reason as accepted_reason,
        accepted_differences.accepted_until
    from told
    left join closers on closers.break_id = told.break_id
    left join accepted_differences
        on accepted_differences.break_id = told.break_id
        {% for level in levels() %}
        and accepted_differences.{{ level }}_value is not distinct from told.{{ level }}_value
        {% endfor %}

)

select * from judged
