with

spells as (

    select * from {{ ref('int_spell__merged') }}

),

reported as (

    select
        village_code,
        month,
        next_month as next_reported_month
    from {{ ref('int_employment__reported') }}

),

dated as (

    -- an end to come, as of a contract, holds once it has passed with no other before it
    select
        spells.*,
        reported.next_reported_month,
        coalesce(ended_on >= spell_started_on, true) and (
            ended_on <= {{ end_of_month('spells.month') }}
            or not {{ is_employed() }}
            or ended_on <= least(
                {{ end_of_month('coalesce(spells.next_month, reported.next_reported_month)') }},
                next_returned_on,
                next_started_on
            )
        ) as is_told
    from spells
    left join reported
        on reported.village_code = spells.village_code
        and reported.month = spells.month

),

judged as (

    select
        *,
        case
            when ended_on is not null and is_told then 'told'
            when
                coalesce({{ not_before('next_returned_on', 'spell_started_on') }}, next_returned_on is not null)
                and coalesce(next_returned_on <= next_started_on, true)
                then 'returned'
            when next_started_on > spell_started_on then 'next_start'
            when next_month is not null then 'next_report'
            when next_reported_month is not null then 'left_register'
        end as end_basis
    from dated

),

ended as (

    select
        labourer_key,
        spell_no,
        end_basis,
        {% for suffix in ['', '_precision'] %}
        case end_basis
            when 'told' then ended_on{{ suffix }}
            when 'returned' then next_returned_on{{ suffix }}
            when 'next_start' then next_started_on{{ suffix }}
        end as ended_on{{ suffix }}{{ ',' if not loop.last }}
        {% endfor %}
    from judged

)

select * from ended
