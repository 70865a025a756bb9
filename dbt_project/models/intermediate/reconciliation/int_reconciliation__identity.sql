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

ranked as (

    select
        *,
        row_number() over (
            partition by ledger, period, record_no, person_key order by score desc, candidate_key
        ) as rank_of_candidate,
        row_number() over (
            partition by ledger, period, record_no, candidate_key order by score desc, person_key
        ) as rank_of_person
    from slipped

),

identities as (

    select
        ledger,
        period,
        record_no,
        person_key,
        candidate_key,
        level,
        score
    from ranked
    where rank_of_candidate = 1 and rank_of_person = 1

)

select * from identities
