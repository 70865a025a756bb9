with

reports as (

    select
        *,
        lag(month) over by_month as last_month,
        lag(returned_on) over by_month as last_returned_on,
        lag(returned_on_precision) over by_month as last_returned_on_precision
    from {{ ref('fct_employment') }}
    where returned
    window by_month as (partition by labourer_key order by month)

),

numbered as (

    select
        *,
        count(*) filter (where not coalesce({{ return_is_restated() }}, false)) over (
            partition by labourer_key
            order by month
        )::integer as return_no
    from reports

),

last_reports as (

    select distinct on (labourer_key, return_no)
        *,
        min(month) over (partition by labourer_key, return_no) as first_month
    from numbered
    order by labourer_key, return_no, month desc

),

days as (

    -- as the last report has it that tells it
    select distinct on (labourer_key, return_no)
        labourer_key,
        return_no,
        returned_on as day_of_return,
        returned_on_precision as day_of_return_precision
    from numbered
    where returned_on is not null
    order by labourer_key, return_no, month desc

),

dated as (

    select
        *,
        lead(day_of_return) over by_return as next_day_of_return,
        lead(day_of_return_precision) over by_return as next_day_of_return_precision
    from last_reports
    left join days using (labourer_key, return_no)
    window by_return as (partition by labourer_key order by return_no)

)

select * from dated
