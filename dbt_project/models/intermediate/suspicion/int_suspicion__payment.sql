{{ config(materialized='table') }}

with

paid as (

    select * from {{ ref('int_suspicion__paid') }}

),

policies as (

    select * from {{ ref('subsidy_policy') }}

),

ruled as (

    -- who worked at several distances in the year is held to the best paid of them, and of whom no place of work is
    -- known to the best paid of all: what hangs on no distance is asked of everybody
    select distinct on (paid.year, paid.payment_no)
        paid.*,
        {{ policy_columns() }}
    from paid
    left join policies
        on policies.subsidy_type = paid.subsidy_type
        and paid.first_month between policies.valid_from and coalesce(policies.valid_to, 'infinity')
    order by
        paid.year,
        paid.payment_no,
        coalesce(policies.area_tier is null or {{ is_listed('policies.area_tier', 'paid.work_regions') }}, false) desc,
        policies.cap desc nulls first,
        policies.policy_id

)

select * from ruled
