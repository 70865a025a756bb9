{{ config(tags=['nightly']) }}
with

answers as (

    select * from {{ ref('int_reconciliation__last_answer') }}

),

breaks as (

    select * from {{ ref('ledger_break') }}

),

answered as (

    select
        breaks.break_id,
        breaks.ledger,
        breaks.period,
        breaks.kind,
        breaks.township_code,
        breaks.division_code,
        breaks.person_key,
        breaks.record_no,
        breaks.column_name,
        breaks.status,
        breaks.awaits_acceptance,
        answers.correct_value,
        answers.reason,
        answers.answered_on,
        answers.answered_by,
        answers.file_sha256,
        answers.file_sheet,
        answers.file_row,
        answers.other_value,
        answers.other_by
    from answers
    inner join breaks on breaks.break_id = answers.break_id

)

select * from answered
