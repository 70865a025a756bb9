{#- The rows of records that one level lists more than once, numbered: few, so that the others need no sorting. -#}
{% macro number_repeated(ledger, staged) %}
{%- set same_record = (['period', 'level'] + contract_of(ledger).key) | join(', ') -%}
with

staged as (

    select * from {{ staged }}

),

repeated as (

    select
        {{ same_record }},
        count(*) as occurrences
    from staged
    group by {{ same_record }}
    having count(*) > 1

),

numbered as (

    select
        staged.extract_id,
        staged.sheet,
        staged.row_number,
        row_number() over (
            partition by {{ same_record }}
            order by staged.division_code, staged.sheet, staged.row_number
        ) as occurrence,
        repeated.occurrences
    from staged
    inner join repeated using ({{ same_record }})

)

select * from numbered
{% endmacro %}

{#- The rows of a ledger, each with its number among the rows of its record at its level. -#}
{% macro number_records(staged, repeated) %}
with

staged as (

    select * from {{ staged }}

),

repeated as (

    select * from {{ repeated }}

),

numbered as (

    select
        staged.*,
        coalesce(repeated.occurrence, 1) as occurrence,
        coalesce(repeated.occurrences, 1) as occurrences
    from staged
    left join repeated using (extract_id, sheet, row_number)

)

select * from numbered
{% endmacro %}
