{{ config(materialized='ephemeral') }}

with

payments as (

    select * from {{ ref('fct_subsidy') }}
    where is_paid

),

subsidy_types as (

    select * from {{ ref('dim_subsidy_type') }}

),

by_type as (

    select
        payments.year,
        subsidy_types.amount_figure_id,
        subsidy_types.payments_figure_id,
        sum(payments.amount) as amount,
        count(*) as payments
    from payments
    inner join subsidy_types using (subsidy_type)
    group by payments.year, subsidy_types.amount_figure_id, subsidy_types.payments_figure_id

),

figures as (

    select year, amount_figure_id as figure_id, amount as computed
    from by_type
    where amount_figure_id is not null

    union all

    select year, payments_figure_id, payments
    from by_type
    where payments_figure_id is not null

    union all

    -- both totals that the report gives are held against the sum of all that was paid
    select year, unnest(array['subsidy_total_paid', 'subsidy_total_headline']), sum(amount)
    from by_type
    group by year

)

select * from figures
