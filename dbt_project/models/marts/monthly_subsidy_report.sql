with

subsidy as (

    select * from {{ ref('int_report__subsidy') }}
    where subsidy_type is not null

),

divisions as (

    select * from {{ ref('division') }}

),

described as (

    select
        -- keys
        subsidy.month,
        subsidy.division_code,
        subsidy.subsidy_type,

        -- attributes
        divisions.level as division_level,
        divisions.name as division_name,

        -- counts
        subsidy.payments,
        subsidy.persons,
        subsidy.amount
    from subsidy
    inner join divisions using (division_code)

)

select * from described
