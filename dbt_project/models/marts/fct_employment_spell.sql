with

spells as (

    select * from {{ ref('int_spell__merged') }}

),

ends as (

    select * from {{ ref('int_spell__end') }}

),

described as (

    select
        -- keys
        spells.labourer_key,
        spells.spell_no,
        spells.township_code,
        spells.village_code,
        spells.employer_key,

        -- attributes
        spells.work_status,
        spells.channel,
        spells.work_region,
        spells.work_province,
        spells.work_city,
        spells.employer,
        spells.job,
        spells.train_no,
        ends.end_basis,
        ends.end_basis is null as is_current,

        -- measures
        spells.monthly_income,
        spells.months_reported,
        -- a start may be told ahead
        case
            when spells.spell_started_on is not null
                then greatest(0, {{ whole_months(
                    'spells.spell_started_on', 'coalesce(ends.ended_on, ' ~ end_of_month('spells.month') ~ ')'
                ) }})
        end as months_lasted,

        -- dates
        spells.first_month,
        spells.month as last_month,
        spells.spell_started_on as started_on,
        spells.spell_started_on_precision as started_on_precision,
        ends.ended_on,
        ends.ended_on_precision
    from spells
    inner join ends using (labourer_key, spell_no)

)

select * from described
