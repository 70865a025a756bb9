{#-
    Labourers who were paid and share something (an account, a phone) with so many households that it is a suspicion:
    a row for each of them, their last payment, as it is a township that asks them.
-#}
{% macro suspected_of_sharing(rule, shared_key, counted='true') %}
with

paid as (

    select
        paid.*,
        {{ shared_key }} as shared_key,
        coalesce(people.household, paid.labourer_key::text) as household
    from {{ ref('int_suspicion__payment') }} as paid
    inner join {{ ref('int_suspicion__person') }} as people using (labourer_key)
    where {{ shared_key }} is not null and {{ counted }}

),

shared as (

    select
        shared_key,
        count(distinct household) as households,
        count(distinct labourer_key) as labourers
    from paid
    group by shared_key

),

payments as (

    select distinct on (paid.labourer_key)
        paid.*,
        shared.households,
        shared.labourers,
        sum(paid.amount) over (partition by paid.labourer_key) as amount_of_labourer
    from paid
    inner join shared using (shared_key)
    where shared.households >= {{ var('suspicion_shared_by_households') }}
    order by paid.labourer_key, paid.paid_on desc, paid.payment_no

),

suspected as (

    select
        {{ suspected(rule) }},
        amount_of_labourer as amount_at_stake,
        jsonb_build_object('households', households, 'labourers', labourers) as evidence
    from payments

)

select * from suspected
{% endmacro %}
