with

extracts as (

    select * from {{ ref('stg_extract') }}

),

villages as (

    select * from {{ ref('division') }}
    where level = 'village'

),

periods as (

    select distinct
        ledger,
        period
    from extracts

),

by_village as (

    select
        periods.ledger,
        periods.period,
        villages.division_code,
        villages.parent_code as township_code,
        county.extract_id is not null as county_handed_in,
        township.extract_id is not null as township_handed_in,
        village.extract_id is not null as village_handed_in
    from periods
    cross join villages
    {% for level, division_code in {
        'county': county_of('villages.division_code'),
        'township': 'villages.parent_code',
        'village': 'villages.division_code',
    }.items() %}
    left join extracts as {{ level }}
        on {{ level }}.ledger = periods.ledger
        and {{ level }}.period = periods.period
        and {{ level }}.level = '{{ level }}'
        and {{ level }}.division_code = {{ division_code }}
    {% endfor %}

),

by_township as (

    select
        ledger,
        period,
        township_code as division_code,
        township_code,
        bool_and(county_handed_in) as county_handed_in,
        bool_and(township_handed_in) as township_handed_in,
        bool_and(village_handed_in) as village_handed_in
    from by_village
    group by ledger, period, township_code

),

by_division as (

    select * from by_village

    union all

    select * from by_township

)

select * from by_division
