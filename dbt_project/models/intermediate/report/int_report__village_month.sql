with

reported as (

    select * from {{ ref('int_employment__reported') }}

),

months as (

    select month from {{ ref('int_report__month') }}

),

carried as (

    -- a village that is not reported yet stands as it last did, but not for ever
    select
        months.month,
        reported.village_code,
        reported.month as reported_month,
        months.month > reported.month + interval '{{ var("months_carried_forward") }} months' as is_silent
    from reported
    inner join months
        on months.month >= reported.month
        and coalesce(months.month < reported.next_month, true)
)

select * from carried
