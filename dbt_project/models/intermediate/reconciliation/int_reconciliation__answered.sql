{{ config(tags=['nightly']) }}
with

answers as (

    select * from {{ source('reconciliation', 'worklist_answer') }}

),

extracts as (

    select * from {{ source('raw', 'extract') }}
    where {{ was_loaded() }}

),

breaks as (

    select * from {{ ref('ledger_break') }}

),

latest as (

    select distinct on (answers.break_id) answers.*
    from answers
    inner join extracts on extracts.extract_id = answers.extract_id
    order by answers.break_id, answers.answer_id desc

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
        latest.correct_value,
        latest.reason,
        extracts.extract_date as answered_on,
        extracts.division_code as answered_by,
        extracts.sha256 as file_sha256,
        latest.sheet as file_sheet,
        latest.row_number as file_row
    from latest
    inner join breaks on breaks.break_id = latest.break_id
    inner join extracts on extracts.extract_id = latest.extract_id

)

select * from answered
