with

people as (

    select * from {{ source('vault', 'person') }}

),

namesakes as (

    select * from {{ ref('int_reconciliation__namesake') }}

),

slipped as (

    select namesakes.*
    from namesakes
    inner join people on people.person_key = namesakes.person_key
    inner join people as candidate on candidate.person_key = namesakes.candidate_key
    where {{ is_slip('people.id_no', 'candidate.id_no') }}

),

-- Two levels against one come first. Three numbers at three levels are two pairs, of neighbouring levels.
ranked as (

    select
        *,
        row_number() over (
            partition by ledger, period, record_no, person_key
            order by level is null, candidate_mask, score desc, candidate_key
        ) as rank_of_candidate,
        row_number() over (
            partition by ledger, period, record_no, candidate_key
            order by level is null, person_mask desc, score desc, person_key
        ) as rank_of_person
    from slipped

),

paired as (

    select * from ranked
    where rank_of_candidate = 1 and rank_of_person = 1

),

-- who is known to be somebody at two other levels is nobody else at one of them
identities as (

    select
        ledger,
        period,
        record_no,
        person_key,
        candidate_key,
        level,
        score
    from paired
    where
        level is not null
        or not exists (
            select from paired as surer
            where
                surer.level is not null
                and surer.candidate_key = paired.person_key
                and surer.ledger = paired.ledger
                and surer.period = paired.period
                and surer.record_no is not distinct from paired.record_no
        )

)

select * from identities
