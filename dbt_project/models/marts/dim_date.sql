with

days as (

    select * from {{ ref('int_report__day') }}

),

holidays as (

    select * from {{ ref('holiday') }}

),

holiday_years as (

    select distinct extract(year from date_day)::integer as year from holidays

),

reporting_months as (

    select
        month,
        month = max(month) over (partition by extract(year from month)) as is_closing_month
    from (select distinct month from {{ ref('int_employment__reported') }}) as reported

),

described as (

    select
        days.date_day,
        extract(year from days.date_day)::integer as year,
        extract(quarter from days.date_day)::integer as quarter,
        date_trunc('month', days.date_day)::date as month,
        extract(isodow from days.date_day)::integer as day_of_week,
        to_char(days.date_day, 'YYYY"年"FMMM"月"') as month_name,
        holidays.name as holiday,
        holidays.name_zh as holiday_zh,
        case
            when holiday_years.year is not null
                then coalesce(holidays.is_workday, extract(isodow from days.date_day) < 6)
        end as is_workday,
        reporting_months.month is not null as is_reporting_month,
        coalesce(reporting_months.is_closing_month, false) as is_closing_month
    from days
    left join holidays using (date_day)
    left join holiday_years on holiday_years.year = extract(year from days.date_day)
    left join reporting_months on reporting_months.month = date_trunc('month', days.date_day)

)

select * from described
