with

subsidy as (

    select * from {{ ref('int_report__subsidy') }}
    where subsidy_type is not null

),

due as (

    select * from {{ ref('int_report__due') }}

),

divisions as (

    select * from {{ ref('division') }}

),

joined as (

    -- what is told of the county is told of each township: where it has no row, nobody is due
    select
        month,
        division_code,
        subsidy_type,
        coalesce(subsidy.payments, 0) as payments,
        coalesce(subsidy.persons, 0) as persons,
        coalesce(subsidy.amount, 0) as amount,
        case when count(due.due) over of_all > 0 then coalesce(due.due, 0) end as due,
        case when count(due.due) over of_all > 0 then coalesce(due.due_paid, 0) end as due_paid
    from subsidy
    full join due using (month, division_code, subsidy_type)
    window of_all as (partition by month, subsidy_type)

),

described as (

    select
        -- keys
        joined.month,
        joined.division_code,
        joined.subsidy_type,

        -- attributes
        divisions.level as division_level,
        divisions.name as division_name,

        -- counts
        joined.payments,
        joined.persons,
        joined.amount,
        joined.due,
        joined.due_paid,

        -- as a share of what its name says
        {{ percent('joined.due_paid', 'joined.due') }} as due_paid_percent_of_due
    from joined
    inner join divisions using (division_code)

)

select * from described
