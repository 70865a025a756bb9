with

totals as (

    select * from {{ ref('int_reconciliation__total') }}

),

compared as (

    select
        *,
        num_nonnulls(county_value, township_value, village_value) as levels_with_total,
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
        {{ odd_one_out('levels_with_total') }} as level,
        coalesce({{ odd_one_out('levels_with_total') }}, 'unknown') as culprit,
        township_code,
        division_code,
        null::bigint as person_key,
        null as record_no,
        column_name,
        county_value,
        township_value,
        village_value,
        null::bigint as candidate_key,
        null::numeric(3, 2) as score,
        county_extract_id,
        township_extract_id,
        village_extract_id
    from compared
    where county_township_differ or county_village_differ or township_village_differ

)

select * from differing
