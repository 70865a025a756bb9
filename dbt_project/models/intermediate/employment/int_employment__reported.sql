with

employment as (

    select * from {{ ref('int_employment__agreed') }}
    where is_agreed

),

reported as (

    select distinct
        village_code,
        period as month
    from employment

),

numbered as (

    select
        village_code,
        month,
        row_number() over by_month as month_no,
        lead(month) over by_month as next_month
    from reported
    window by_month as (partition by village_code order by month)

)

select * from numbered
