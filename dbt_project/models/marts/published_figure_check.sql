with

published_figures as (

    select * from {{ ref('published_figure') }}

),

known_differences as (

    select * from {{ ref('known_difference') }}

),

computed_figures as (

    select * from {{ ref('int_published_figure__employment') }}

    union all

    select * from {{ ref('int_published_figure__training') }}

    union all

    select * from {{ ref('int_published_figure__subsidy') }}

    union all

    select null, 'townships', count(*)
    from {{ ref('dim_division') }}
    where level = 'township'

),

compared as (

    select
        published.figure_id,
        published.statement,
        published.quote,
        published.as_of,
        published.unit,
        published.value as published,
        coalesce(computed_figures.computed, 0) as computed,
        coalesce(computed_figures.computed, 0) - published.value as difference
    from published_figures as published
    left join computed_figures
        on computed_figures.figure_id = published.figure_id
        and (computed_figures.year = left(published.as_of, 4)::integer or computed_figures.year is null)

),

judged as (

    select
        compared.figure_id,
        compared.statement,
        compared.quote,
        compared.as_of,
        compared.unit,
        compared.published,
        compared.computed,
        compared.difference,
        case
            when compared.difference = known_differences.difference then 'known difference'
            when compared.difference = 0 then 'met'
            when compared.difference > 0 and compared.unit like '%at_least' then 'met'
            else 'not met'
        end as verdict,
        known_differences.reason as known_reason,
        known_differences.reason_zh as known_reason_zh
    from compared
    left join known_differences using (figure_id)

)

select * from judged
