{{ config(materialized='view', tags=['nightly']) }}

with

answers as (

    select * from {{ source('reconciliation', 'worklist_answer') }}

),

nights as (

    select * from {{ source('reconciliation', 'night') }}

),

-- an answer is of the night that read it, though its folder be an earlier day's: the break may be younger than that
extracts as (

    select
        extracts.*,
        greatest(extracts.extract_date, nights.night_date) as read_on
    from {{ source('raw', 'extract') }} as extracts
    left join nights using (night_id)
    where greatest(extracts.extract_date, nights.night_date) <= {{ night_date() }} and {{ was_loaded() }}

),

answered as (

    select
        answers.answer_id,
        answers.break_id,
        answers.correct_value,
        answers.reason,
        extracts.read_on as answered_on,
        extracts.level,
        extracts.division_code as answered_by,
        extracts.extract_date as file_date,
        extracts.sha256 as file_sha256,
        answers.sheet as file_sheet,
        answers.row_number as file_row
    from answers
    inner join extracts on extracts.extract_id = answers.extract_id

)

select * from answered
