{{ config(materialized='ephemeral') }}

with

training as (

    select * from {{ ref('fct_training') }}

),

figures as (

    select
        year,
        'trainees' as figure_id,
        count(distinct labourer_key)::numeric as computed
    from training
    group by year

    union all

    select
        year,
        'online_class_trainees' as figure_id,
        count(distinct labourer_key)::numeric as computed
    from training
    where mode = 'online'
    group by year

)

select * from figures
