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
        {% for level in levels() %}
        {{ level }}.extract_id is not null as {{ level }}_handed_in,
        {{ level }}.extract_id as {{ level }}_extract_id,
        {{ level }}.absent_columns as {{ level }}_absent_columns{{ ',' if not loop.last }}
        {% endfor %}
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
        {% for level in levels() %}
        bool_and({{ level }}_handed_in) as {{ level }}_handed_in,
        max({{ level }}_extract_id) as {{ level }}_extract_id,
        string_agg(distinct {{ level }}_absent_columns, '|') as {{ level }}_absent_columns{{ ',' if not loop.last }}
        {% endfor %}
    from by_village
    group by ledger, period, township_code

),

by_division as (

    select * from by_village

    union all

    select * from by_township

)

select * from by_division
