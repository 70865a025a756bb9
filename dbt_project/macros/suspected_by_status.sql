{#- Payments due after the month in which a person came to be one of these: dead, retired, emigrated … -#}
{% macro suspected_by_status(rule, statuses) %}
with

paid as (

    select * from {{ ref('int_suspicion__payment') }}

),

people as (

    select * from {{ ref('int_suspicion__person') }}

),

payments as (

    select
        paid.*,
        people.person_status,
        people.status_since,
        (people.status_since + interval '1 month')::date as first_barred_month
    from paid
    inner join people using (labourer_key)
    where
        people.person_status in ('{{ statuses | join("', '") }}')
        and date_trunc('month', paid.due_on) > people.status_since

),

suspected as (

    select
        {{ suspected(rule) }},
        {{ amount_from('first_barred_month') }} as amount_at_stake,
        jsonb_build_object('status', person_status, 'since', status_since, 'due_on', due_on) as evidence
    from payments

)

select * from suspected
{% endmacro %}
