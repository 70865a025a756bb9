with

attempts as (

    select * from {{ ref('int_subsidy__payment') }}

),

extracts as (

    select * from {{ ref('stg_extract') }}
    where ledger = 'subsidy'

),

last_known as (

    select max(extract_date) as known_on from extracts

),

payments as (

    select attempts.*
    from attempts
    cross join last_known
    where
        attempts.status = 'returned'
        and attempts.reissued_by is null
        and {{ last_day_of('attempts.paid_on') }} <= last_known.known_on - {{ var('suspicion_days_to_reissue') }}
        and not exists (
            select from attempts as settled
            where
                settled.is_paid
                and settled.labourer_key = attempts.labourer_key
                and settled.subsidy_type = attempts.subsidy_type
                and settled.first_month <= attempts.last_month
                and settled.last_month >= attempts.first_month
        )

),

suspected as (

    select
        {{ suspected('returned_not_reissued') }},
        amount as amount_at_stake,
        jsonb_build_object('returned_on', paid_on, 'fail_reason', fail_reason, 'amount', amount) as evidence
    from payments

)

select * from suspected
