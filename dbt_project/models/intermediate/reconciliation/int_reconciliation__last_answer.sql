{{ config(tags=['nightly']) }}

with

answers as (

    select * from {{ ref('stg_worklist_answer') }}

),

lives as (

    select * from {{ ref('int_reconciliation__break_life') }}

),

-- what was gone and came back since is answered anew; who answers a value and later only a reason has not taken the
-- value back
found as (

    select
        answers.*,
        first_value(answers.reason) over (
            partition by answers.break_id order by answers.reason is null, {{ last_word_first('answers') }}
        ) as last_reason,
        row_number() over (
            partition by answers.break_id, answers.answered_by
            order by answers.correct_value is null, {{ last_word_first('answers') }}
        ) as recency
    from answers
    inner join lives
        on lives.break_id = answers.break_id
        and lives.open_since <= answers.answered_on

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
        and found.answered_by <> latest.answered_by
        and found.correct_value <> latest.correct_value
    order by found.break_id, {{ last_word_first('found') }}

),

answered as (

    select
        latest.break_id,
        latest.correct_value,
        latest.last_reason as reason,
        latest.answered_on,
        latest.answered_by,
        latest.file_sha256,
        latest.file_sheet,
        latest.file_row,
        others.correct_value as other_value,
        others.answered_by as other_by
    from latest
    left join others on others.break_id = latest.break_id

)

select * from answered
