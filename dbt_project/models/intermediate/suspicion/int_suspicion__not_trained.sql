with

restricted as (

    -- of a period across two years it is not known in which of them the class was
    select * from {{ ref('int_suspicion__payment') }}
    where trained and date_trunc('year', first_month) = date_trunc('year', last_month)

),

extracts as (

    select * from {{ ref('stg_extract') }}
    where ledger = 'training'

),

-- one level's word will do, and so does a row that was refused; of whom none can be told it may be anybody's of its village
trainees as (

    select person_key, null::text as village_code, period from {{ ref('stg_training') }}

    union all

    select person_key, case when person_key is null then village_code end, period
    from {{ ref('stg_rejected_row') }}
    where ledger = 'training'

),

payments as (

    select restricted.*
    from restricted
    where
        exists (
            select from extracts
            where
                extracts.period = date_trunc('year', restricted.first_month)
                and extracts.extract_date >= restricted.due_on
                and extracts.division_code in (
                    restricted.village_code,
                    {{ township_of('restricted.village_code') }},
                    {{ county_of('restricted.village_code') }}
                )
        )
        and not exists (
            select from trainees
            where trainees.person_key = restricted.labourer_key and {{ is_class_of('restricted') }}
        )
        and not exists (
            select from trainees
            where trainees.village_code = restricted.village_code and {{ is_class_of('restricted') }}
        )

),

suspected as (

    select
        {{ suspected('not_trained') }},
        amount as amount_at_stake,
        jsonb_build_object('training_ledger_of', extract(year from first_month)::integer, 'due_on', due_on) as evidence
    from payments

)

select * from suspected
