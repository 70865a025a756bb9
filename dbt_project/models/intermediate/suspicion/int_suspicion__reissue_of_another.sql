with

payments as (

    select * from {{ ref('int_subsidy__payment') }}

),

compared as (

    select
        payments.*,
        failed.year as failed_year,
        failed.labourer_key = payments.labourer_key as is_same_person,
        {{ may_be_one_subsidy('failed', 'payments') }} as is_same_subsidy
    from payments
    inner join payments as failed
        on failed.payment_no = payments.reissue_of and failed.year <= payments.year
    where payments.is_paid

),

named as (

    -- of the payments that have the number, in the ledgers of several years, the likeliest
    select distinct on (year, payment_no) *
    from compared
    order by year, payment_no, is_same_person and is_same_subsidy desc, failed_year desc

),

suspected as (

    select
        {{ suspected('reissue_of_another') }},
        amount as amount_at_stake,
        jsonb_build_object(
            'reissue_of', reissue_of, 'same_person', is_same_person, 'same_subsidy', is_same_subsidy, 'amount', amount
        ) as evidence
    from named
    where not (is_same_person and is_same_subsidy)

)

select * from suspected
