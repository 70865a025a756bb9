with

employment as (

    -- of who is out of work the cell tells of former work
    select
        *,
        work_status <> 'not_working' as works,
        work_status <> 'not_working' or ended_on is not null as has_worked
    from {{ ref('fct_employment') }}
    where employer_key is not null

),

sites as (

    select distinct on (normalised_name)
        {{ normalised_employer('name') }} as normalised_name,
        kind,
        division_code
    from {{ ref('site') }}
    where kind in ('employer', 'workshop')
    order by normalised_name, kind

),

latest as (

    select * from {{ ref('int_employment__reported') }}
    where next_month is null

),

employers as (

    -- named and placed as most of its workers have it
    select
        employment.employer_key,
        {% for column in ['employer', 'work_region', 'work_province', 'work_city'] %}
        mode() within group (order by employment.{{ column }}) as {{ column }},
        {% endfor %}
        count(distinct employment.employer) as spellings,
        count(distinct employment.labourer_key) filter (
            where employment.month = latest.month and employment.works
        ) as workers,
        count(distinct employment.labourer_key) filter (where employment.has_worked) as workers_ever,
        min(employment.month) as first_month,
        max(employment.month) as last_month
    from employment
    left join latest on latest.village_code = employment.village_code
    group by employment.employer_key

),

described as (

    select
        employers.employer_key,
        employers.employer as name,
        employers.work_region,
        employers.work_province,
        employers.work_city,
        sites.division_code,
        sites.kind as site_kind,
        employers.spellings,
        case when not {{ is_small('employers.workers') }} then employers.workers end as workers,
        case
            when not {{ is_small('employers.workers', ['employers.workers_ever']) }} then employers.workers_ever
        end as workers_ever,
        employers.first_month,
        employers.last_month
    from employers
    left join sites on sites.normalised_name = {{ normalised_employer('employers.employer') }}

)

select * from described
