with

trainees as (

    select * from {{ ref('int_training__agreed') }}
    where is_agreed

),

venues as (

    select * from {{ ref('site') }}
    where kind in ('training_venue', 'online_class')

),

classes as (

    -- trainees of one class may state it differently: what most of them state is the class's
    select
        extract(year from period)::integer as year,
        class_no,
        {% for column in ('training_type', 'trade', 'mode', 'venue', 'provider', 'hours', 'started_on', 'ended_on') %}
        mode() within group (order by {{ column }}) as {{ column }},
        {% endfor %}
        count(*) as trainees
    from trainees
    group by period, class_no

),

placed as (

    select
        classes.year,
        classes.class_no,
        classes.training_type,
        classes.trade,
        classes.mode,
        classes.venue,
        venues.division_code as venue_division_code,
        classes.provider,
        classes.hours,
        case when not {{ is_small('classes.trainees') }} then classes.trainees end as trainees,
        classes.started_on,
        classes.ended_on
    from classes
    left join venues on venues.name = classes.venue

)

select * from placed
