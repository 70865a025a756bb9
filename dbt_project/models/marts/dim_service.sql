with

uses as (

    select * from {{ ref('int_service__use') }}

),

sites as (

    select
        *,
        {{ surrogate_key(['kind', normalised_employer('name')]) }} as service_key
    from {{ ref('site') }}
    where kind in ('labour_agreement', 'job_fair', 'workshop', 'public_post')

),

used as (

    select
        service_key,
        kind,
        mode() within group (order by name) as name,
        count(distinct labourer_key) as labourers,
        min(month) as first_month,
        max(month) as last_month
    from uses
    group by service_key, kind

),

described as (

    select
        service_key,
        coalesce(sites.kind, used.kind) as kind,
        coalesce(sites.name, used.name) as name,
        sites.division_code,
        sites.note,
        sites.service_key is not null as is_in_the_report,
        case when not coalesce({{ is_small('used.labourers') }}, false) then coalesce(used.labourers, 0) end as labourers,
        used.first_month,
        used.last_month
    from sites
    full join used using (service_key)

)

select * from described
