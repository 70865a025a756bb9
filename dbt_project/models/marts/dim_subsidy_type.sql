with

subsidy_types as (

    select * from {{ ref('subsidy_type') }}

),

described as (

    select
        subsidy_type,
        name,
        english_name,
        display_order,
        amount_figure_id,
        payments_figure_id
    from subsidy_types

)

select * from described
