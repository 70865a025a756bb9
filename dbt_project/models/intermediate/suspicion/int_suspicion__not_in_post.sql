with

restricted as (

    select * from {{ ref('int_suspicion__payment') }}
    where at_home

),

employment as (

    -- a month is judged by its own register, else by the next one, which says since when somebody has been away
    select
        *,
        coalesce(lag(month) over (partition by labourer_key order by month), '-infinity') as month_before
    from {{ ref('fct_employment') }}

),

away as (

    select
        restricted.year,
        restricted.payment_no,
        count(*) as months_away,
        min(paid.month)::date as first_month_away,
        max(paid.month)::date as last_month_away
    from restricted
    cross join lateral generate_series(restricted.first_month, restricted.last_month, interval '1 month') as paid (month)
    inner join employment
        on employment.labourer_key = restricted.labourer_key
        and employment.month >= paid.month
        and employment.month_before < paid.month
    where
        employment.is_working_away
        and {{ area_tier('employment.work_region') }} = 'out_of_province'
        -- of the months of the start and of the end some days may have been worked at home
        and case
            when employment.started_on is null then employment.month = paid.month
            else {{ last_day_of('employment.started_on') }} < paid.month
        end
        and coalesce(employment.ended_on >= paid.month + interval '1 month', true)
    group by restricted.year, restricted.payment_no

),

payments as (

    select
        restricted.*,
        away.months_away,
        away.first_month_away,
        away.last_month_away
    from restricted
    inner join away using (year, payment_no)

),

suspected as (

    select
        {{ suspected('not_in_post') }},
        round(amount * months_away / months, 2) as amount_at_stake,
        jsonb_build_object('months_away', months_away, 'from', first_month_away, 'to', last_month_away) as evidence
    from payments

)

select * from suspected
