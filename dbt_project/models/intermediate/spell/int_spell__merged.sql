with

reports as (

    select * from {{ ref('int_spell__report') }}

),

last_reports as (

    select distinct on (labourer_key, spell_no)
        *,
        min(month) over spell as first_month,
        count(*) over spell as months_reported
    from reports
    window spell as (partition by labourer_key, spell_no)
    order by labourer_key, spell_no, month desc

),

starts as (

    -- as the last report has it that tells it
    select distinct on (labourer_key, spell_no)
        labourer_key,
        spell_no,
        started_on as spell_started_on,
        started_on_precision as spell_started_on_precision
    from reports
    where started_on is not null
    order by labourer_key, spell_no, month desc

),

merged as (

    select
        last_reports.*,
        starts.spell_started_on,
        starts.spell_started_on_precision,
        lead(starts.spell_started_on) over by_spell as next_started_on,
        lead(starts.spell_started_on_precision) over by_spell as next_started_on_precision
    from last_reports
    left join starts using (labourer_key, spell_no)
    window by_spell as (partition by labourer_key order by spell_no)

)

select * from merged
