with

subsidy as (

    select * from {{ ref('int_subsidy__agreed') }}
    where is_agreed

),

described as (

    select
        -- keys
        extract(year from period)::integer as year,
        payment_no,
        person_key as labourer_key,
        payee_key,
        subsidy_type,
        {{ township_of('village_code') }} as township_code,
        village_code,

        -- attributes
        batch_no,
        reissue_of,
        payee_relation,
        status,
        status = 'paid' as is_paid,
        fail_reason,

        -- measures
        amount,

        -- dates
        period_from,
        period_from_precision,
        period_to,
        period_to_precision,
        paid_on,
        paid_on_precision,

        -- provenance
        levels_handed_in,
        levels_with_record,
        levels_agreeing
    from subsidy

)

select * from described
