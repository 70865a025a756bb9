{{ config(materialized='view', tags=['nightly']) }}

with

answers as (

    select * from {{ source('reconciliation', 'worklist_answer') }}

),

extracts as (

    select * from {{ source('raw', 'extract') }}
    where extract_date <= {{ night_date() }} and {{ was_loaded() }}

),

-- who answers a value and later only a reason has not taken the value back
found as (

    select
        answers.*,
        extracts.extract_date,
        extracts.level,
        extracts.division_code,
        extracts.sha256,
        first_value(answers.reason) over (
            partition by answers.break_id
            order by answers.reason is null, {{ last_word_first('extracts', 'answers') }}
        ) as last_reason,
        row_number() over (
            partition by answers.break_id, extracts.division_code
            order by answers.correct_value is null, {{ last_word_first('extracts', 'answers') }}
        ) as recency
    from answers
    inner join extracts on extracts.extract_id = answers.extract_id

),

latest as (

    select distinct on (found.break_id) found.* from found
    order by found.break_id, found.correct_value is null, {{ last_word_first('found') }}

),

others as (

    select distinct on (found.break_id) found.*
    from found
    inner join latest on latest.break_id = found.break_id
    where
        found.recency = 1
        and found.division_code <> latest.division_code
        and found.correct_value <> latest.correct_value
    order by found.break_id, {{ last_word_first('found') }}

),

answered as (

    select
        latest.break_id,
        latest.correct_value,
        latest.last_reason as reason,
        latest.extract_date as answered_on,
        latest.division_code as answered_by,
        latest.sha256 as file_sha256,
        latest.sheet as file_sheet,
        latest.row_number as file_row,
        others.correct_value as other_value,
        others.division_code as other_by,
        others.extract_date as other_on
    from latest
    left join others on others.break_id = latest.break_id

)

select * from answered
