with

source as (

    select * from {{ source('raw', 'rejected_row') }}

),

extracts as (

    select * from {{ ref('stg_extract') }}

),

people as (

    select * from {{ source('vault', 'person') }}

),

-- what could still be read of a row that was rejected
read as (

    select
        extracts.ledger,
        extracts.period,
        extracts.level,
        people.person_key,
        source.record_no,
        {{ folded_name('source.name') }} as name,
        coalesce(
            source.village_code,
            case when extracts.level = 'village' then extracts.division_code end
        ) as village_code
    from source
    inner join extracts on extracts.extract_id = source.extract_id
    left join people on people.id_no = source.id_no

)

select * from read
