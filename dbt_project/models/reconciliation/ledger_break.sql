with

told as (

    select * from {{ ref('int_reconciliation__break_told') }}

),

accepted_differences as (

    select * from {{ ref('stg_accepted_difference') }}

),

-- who answers that nothing is wrong changes no ledger: the break waits for the county to accept it
nothing_wrong as (

    select
        break_id,
        answered_on
    from {{ ref('int_reconciliation__last_answer') }}
    where correct_value in ('not_repeated', 'two_people')

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
        told.open_since,
        told.closed_on,
        told.nights_open,
        told.times_reopened,
        told.closed_by,
        accepted_differences.reason as accepted_reason,
        accepted_differences.accepted_until
    from told
    left join accepted_differences
        on {{ is_accepted_as('accepted_differences', 'told') }}

),

due as (

    select
        judged.*,
        nothing_wrong.break_id is not null as awaits_acceptance,
        case
            when judged.status = 'open' then greatest(told.due_since, nothing_wrong.answered_on) + {{ overdue_days() }} + 1
        end as overdue_on
    from judged
    inner join told on told.break_id = judged.break_id
    left join nothing_wrong
        on nothing_wrong.break_id = judged.break_id
        and judged.status = 'open'

)

select * from due
