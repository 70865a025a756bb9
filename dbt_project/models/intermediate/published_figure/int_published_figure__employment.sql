{{ config(materialized='ephemeral') }}

with

employment as (

    select * from {{ ref('fct_employment_standing') }}

),

closing_months as (

    select max(month) as month from employment
    group by extract(year from month)

),

by_year as (

    select
        extract(year from month)::integer as year,
        count(*) as registered,
        count(*) filter (where is_working_away) as working_away,
        count(*) filter (where is_stable_six_months) as stable,
        count(*) filter (where is_placed_again) as placed_again
    from employment
    inner join closing_months using (month)
    group by month

),

-- a train is told of while the work that it led to lasts, so of all months
carried as (

    select
        extract(year from month)::integer as year,
        count(distinct labourer_key) as passengers,
        count(distinct train_no) as trains
    from {{ ref('fct_employment') }}
    where train_no is not null
    group by extract(year from month)

),

compared as (

    select
        this_year.*,
        this_year.working_away - last_year.working_away as increase,
        coalesce(carried.passengers, 0) as passengers,
        coalesce(carried.trains, 0) as trains
    from by_year as this_year
    left join by_year as last_year on last_year.year = this_year.year - 1
    left join carried on carried.year = this_year.year

),

figures as (

    select
        compared.year,
        figure.figure_id,
        figure.computed
    from compared
    cross join lateral (
        values
        ('registered_labourers', registered::numeric),
        ('working_away', working_away),
        ('working_away_previous_year', working_away),
        ('working_away_increase', increase),
        ('stable_six_months', stable),
        ('stable_share', round(100.0 * stable / nullif(working_away, 0), 1)),
        ('returnees', placed_again),
        ('custom_train_passengers', passengers),
        ('custom_trains', trains)
    ) as figure (figure_id, computed)

)

select * from figures
