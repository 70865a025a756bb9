{{ config(materialized='table') }}

with

register as (

    select * from {{ ref('int_employment__agreed') }}
    where is_agreed

),

people as (

    select * from {{ ref('stg_person') }}

),

status_since as (

    -- the day that the ledger gives, of a month or a year the last that it can have been when the ledger first said so;
    -- else the first month in which it says so
    select
        person_key,
        person_status,
        coalesce(
            (array_agg(
                greatest(
                    person_status_on,
                    least({{ last_day_of('person_status_on') }}, {{ end_of_month('period') }})
                )
                order by person_status_on desc, period
            ) filter (where person_status_on is not null))[1],
            min(period)
        ) as since
    from register
    group by person_key, person_status

),

households as (

    -- whose last register is older than the household's move is of it by an earlier register
    select person_key, string_agg(distinct village_code || '-' || household_no, '|') as households
    from register
    where household_no is not null
    group by person_key

),

latest as (

    select distinct on (person_key) *
    from register
    order by person_key, period desc

),

described as (

    select
        people.person_key as labourer_key,
        people.birth_date,
        people.gender,
        -- villages may each count their households from one
        latest.village_code || '-' || latest.household_no as household,
        households.households,
        nullif(latest.household_type, 'unmapped') as household_type,
        latest.phone_key,
        latest.person_status,
        date_trunc('month', status_since.since)::date as status_since
    from people
    left join latest using (person_key)
    left join households using (person_key)
    left join status_since
        on status_since.person_key = people.person_key and status_since.person_status = latest.person_status

)

select * from described
