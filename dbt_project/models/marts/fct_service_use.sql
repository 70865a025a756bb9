with

uses as (

    select * from {{ ref('int_service__use') }}

),

employment as (

    select * from {{ ref('fct_employment') }}

),

described as (

    select
        -- keys
        uses.labourer_key,
        uses.month,
        uses.service_key,
        employment.township_code,
        employment.village_code,
        employment.employer_key,

        -- attributes
        uses.kind,

        -- dates
        employment.started_on,
        employment.started_on_precision
    from uses
    inner join employment using (labourer_key, month)

)

select * from described
