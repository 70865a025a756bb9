{{ config(materialized='view', tags=['nightly']) }}

with

answers as (

    select * from {{ source('reconciliation', 'worklist_answer') }}

),

extracts as (

    select * from {{ source('raw', 'extract') }}
    where extract_date <= {{ night_date() }} and {{ was_loaded() }}

),

answered as (

    select
        answers.answer_id,
        answers.break_id,
        answers.correct_value,
        answers.reason,
        extracts.extract_date as answered_on,
        extracts.level,
        extracts.division_code as answered_by,
        extracts.sha256 as file_sha256,
        answers.sheet as file_sheet,
        answers.row_number as file_row
    from answers
    inner join extracts on extracts.extract_id = answers.extract_id

)

select * from answered
