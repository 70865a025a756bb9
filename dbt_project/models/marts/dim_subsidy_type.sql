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

    union all

    -- what a ledger calls by a name that nobody knows was paid all the same
    select 'unmapped', '其他/未识别', 'Not recognised', max(display_order) + 1, null, null
    from subsidy_types

)

select * from described
