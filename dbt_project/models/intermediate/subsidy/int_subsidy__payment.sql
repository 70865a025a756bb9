{{ config(materialized='view') }}

with

subsidy as (

    select
        *,
        extract(year from period)::integer as year
    from {{ ref('int_subsidy__agreed') }}
    where is_agreed

),

attempts as (

    select * from {{ ref('int_subsidy__attempt') }}

),

payments as (

    select
        -- keys
        subsidy.year,
        subsidy.payment_no,
        subsidy.person_key as labourer_key,
        subsidy.payee_key,
        subsidy.account_key,
        subsidy.subsidy_type,
        subsidy.village_code,
        coalesce(attempts.chain_key, subsidy.year || '-' || subsidy.payment_no) as chain_key,

        -- attributes
        subsidy.batch_no,
        subsidy.reissue_of,
        attempts.reissued_by,
        attempts.failed_no,
        coalesce(attempts.attempt, 1) as attempt,
        subsidy.payee_relation,
        subsidy.status,
        subsidy.status = 'paid' and not coalesce(attempts.is_paid_later, false) as is_paid,
        coalesce(attempts.times_paid, (subsidy.status = 'paid')::integer) as times_paid,
        subsidy.fail_reason,

        -- measures
        subsidy.amount,
        attempts.failed_amount,

        -- dates
        subsidy.period_from,
        subsidy.period_from_precision,
        subsidy.period_to,
        subsidy.period_to_precision,
        date_trunc('month', subsidy.period_from)::date as first_month,
        {{ last_month('subsidy.period_from', 'subsidy.period_to') }} as last_month,
        subsidy.paid_on,
        subsidy.paid_on_precision,

        -- provenance
        subsidy.levels_handed_in,
        subsidy.levels_with_record,
        subsidy.levels_agreeing
    from subsidy
    left join attempts
        on attempts.payment_no = subsidy.payment_no and attempts.period = subsidy.period

)

select * from payments
