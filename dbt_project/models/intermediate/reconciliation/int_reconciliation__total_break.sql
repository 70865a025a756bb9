with

totals as (

    select * from {{ ref('int_reconciliation__total') }}

),

compared as (

    select
        *,
        coalesce(county_value <> township_value, false) as county_township_differ,
        coalesce(county_value <> village_value, false) as county_village_differ,
        coalesce(township_value <> village_value, false) as township_village_differ
    from totals

),

differing as (

    select
        ledger,
        period,
        'total' as kind,
        {{ odd_one_out('levels_handed_in') }} as level,
        township_code,
        division_code,
        null::bigint as person_key,
        null as record_no,
        column_name,
        county_value,
        township_value,
        village_value
    from compared
    where county_township_differ or county_village_differ or township_village_differ

)

select * from differing
