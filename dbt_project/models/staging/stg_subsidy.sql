with

source as (

    select * from {{ source('raw', 'subsidy') }}

),

extracts as (

    select * from {{ ref('stg_extract') }}
    where ledger = 'subsidy'

),

people as (

    select * from {{ source('vault', 'person') }}

),

payees as (

    select * from {{ source('vault', 'person') }}

),

accounts as (

    select * from {{ source('vault', 'account') }}

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
        {{ staged_columns('subsidy') }}
    from source
    inner join extracts on extracts.extract_id = source.extract_id
    left join people on people.id_no = source.id_no
    left join payees on payees.id_no = source.payee_id_no
    left join accounts on accounts.account = source.account

),

fingerprinted as (

    -- first of all columns: Postgres walks through those before the ones that it is asked for
    select
        {{ fingerprints('subsidy') }},
        *
    from renamed

)

select * from fingerprinted
