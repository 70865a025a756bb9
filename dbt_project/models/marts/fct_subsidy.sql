with

subsidy as (

    select * from {{ ref('int_subsidy__payment') }}

),

described as (

    select
        -- keys
        year,
        payment_no,
        labourer_key,
        payee_key,
        subsidy_type,
        {{ township_of('village_code') }} as township_code,
        village_code,

        -- attributes
        batch_no,
        reissue_of,
        reissued_by,
        chain_key,
        attempt,
        payee_relation,
        status,
        is_paid,
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
