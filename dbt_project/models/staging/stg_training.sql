with

source as (

    select * from {{ source('raw', 'training') }}

),

extracts as (

    select * from {{ ref('stg_extract') }}
    where ledger = 'training'

),

people as (

    select * from {{ source('vault', 'person') }}

),

phones as (

    select * from {{ source('vault', 'phone') }}

),

renamed as (

    select
        -- where it stands
        source.extract_id,
        source.sheet,
        source.row_number,
        extracts.level,
        extracts.division_code,

        -- what it says
        extracts.period,
        {{ staged_columns('training') }}
    from source
    inner join extracts on extracts.extract_id = source.extract_id
    left join people on people.id_no = source.id_no
    left join phones on phones.phone = source.phone

),

fingerprinted as (

    -- first of all columns: Postgres walks through those before the ones that it is asked for
    select
        {{ fingerprints('training') }},
        *
    from renamed

)

select * from fingerprinted
