with

source as (

    select * from {{ source('raw', 'extract') }}

),

handed_in as (

    select
        extract_id,
        ledger,
        period,
        level,
        division_code,
        extract_date,
        array_to_string(absent_columns, '|') as absent_columns
    from source
    where status = 'loaded' and extract_date <= {{ night_date() }} and {{ was_loaded() }}

),

current_extracts as (

    select distinct on (ledger, period, level, division_code) *
    from handed_in
    order by ledger, period, level, division_code, extract_date desc, extract_id desc

)

select * from current_extracts
