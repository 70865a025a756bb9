with

employment as (

    select * from {{ ref('fct_employment') }}

),

partner_cities as (

    select name as city from {{ ref('site') }}
    where kind = 'labour_agreement'

),

uses as (

    select labourer_key, month, 'labour_agreement' as kind, partner_cities.city as name
    from employment
    inner join partner_cities on partner_cities.city = rtrim(employment.work_city, '市')
    where is_working_away

    union all

    select labourer_key, month, 'chartered_train', train_no
    from employment
    where train_no is not null

    union all

    select labourer_key, month, 'workshop', employer
    from employment
    where is_working_away and channel = 'workshop' and employer is not null

    union all

    select labourer_key, month, 'public_post', job
    from employment
    where is_working_away and channel = 'public_post' and job is not null

    union all

    select labourer_key, month, 'base', employer
    from employment
    where is_working_away and placed_as = 'base' and employer is not null

),

keyed as (

    select
        *,
        {{ surrogate_key(['kind', normalised_employer('name')]) }} as service_key
    from uses

)

select * from keyed
