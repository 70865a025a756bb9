with

people as (

    select * from {{ source('vault', 'person') }}

),

missing as (

    {{ missing_people('employment', ref('int_employment__disputed')) }}

    union all

    {{ missing_people('training', ref('int_training__disputed')) }}

),

-- two ways to meet, each a join on equal columns
met as (

    select
        one.ledger,
        one.period,
        one.record_no,
        one.person_key,
        other.person_key as candidate_key
    from missing as one
    inner join missing as other
        on other.ledger = one.ledger
        and other.period = one.period
        and other.home_name = one.home_name
        and {{ township_of('other.home_village_code') }} = {{ township_of('one.home_village_code') }}
    where one.record_no is not distinct from other.record_no

    union

    select
        one.ledger,
        one.period,
        one.record_no,
        one.person_key,
        other.person_key
    from missing as one
    inner join missing as other
        on other.ledger = one.ledger
        and other.period = one.period
        and other.household_no = one.household_no
        and other.home_village_code = one.home_village_code
    where one.record_no is not distinct from other.record_no

),

-- between them each level that handed in has the person exactly once; the candidate is the number of one level
complementary as (

    select
        met.*,
        one.levels_handed_in,
        case
            when other.county_has_record then 'county'
            when other.township_has_record then 'township'
            else 'village'
        end as candidate_level,
        (
            0.5
            + 0.3 * (one.home_name = other.home_name)::integer
            + 0.1 * coalesce(one.household_no = other.household_no, false)::integer
            + 0.1 * (one.home_village_code = other.home_village_code)::integer
        )::numeric(3, 2) as score
    from met
    inner join missing as one using (ledger, period, person_key)
    inner join missing as other
        on other.ledger = met.ledger
        and other.period = met.period
        and other.person_key = met.candidate_key
        and other.record_no is not distinct from met.record_no
    where
        one.record_no is not distinct from met.record_no
        and other.levels_with_record = 1
        and one.levels_mask & other.levels_mask = 0
        and one.levels_with_record + 1 = one.levels_handed_in
        -- of two levels alone either could be the candidate: the first one's number goes by the name of person_key
        and (one.levels_with_record > 1 or one.levels_mask < other.levels_mask)

),

slipped as (

    select complementary.*
    from complementary
    inner join people on people.person_key = complementary.person_key
    inner join people as candidate on candidate.person_key = complementary.candidate_key
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
        case when levels_handed_in = 3 then candidate_level end as level,
        score
    from ranked
    where rank_of_candidate = 1 and rank_of_person = 1

)

select * from identities
