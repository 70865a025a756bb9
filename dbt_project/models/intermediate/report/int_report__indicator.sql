{%- set of_work = [
    'registered', 'carried_forward', 'employed', 'working_away', 'away_this_year', 'out_of_province', 'in_province',
    'in_county', 'region_unknown', 'organised', 'point_to_point', 'in_workshops', 'in_public_posts', 'in_bases',
    'stable_six_months', 'employed_six_months', 'willing_to_work', 'returnees', 'returnees_willing', 'placed_again', 'returnees_willing_placed',
] -%}
with

employment as (

    select * from {{ ref('int_report__employment') }}

),

silent as (

    select * from {{ ref('int_report__silent') }}

),

last_year as (

    select * from {{ ref('int_report__last_year') }}

),

training as (

    select * from {{ ref('int_report__training') }}

),

subsidy as (

    select * from {{ ref('int_report__subsidy') }}
    where subsidy_type is null

),

divisions as (

    select * from {{ ref('division') }}

),

joined as (

    select
        month,
        division_code,
        divisions.level as division_level,
        divisions.name as division_name,
        {% for column in of_work %}
        coalesce(employment.{{ column }}, 0) as {{ column }},
        {% endfor %}
        coalesce(silent.silent, 0) as silent,
        last_year.working_away_last_year,
        last_year.working_away_last_year_comparable,
        {% for column in ['trained', 'trainings', 'certified', 'trainings_six_months_over', 'in_work_within_six_months'] %}
        coalesce(training.{{ column }}, 0) as {{ column }},
        {% endfor %}
        coalesce(subsidy.payments, 0) as subsidy_payments,
        coalesce(subsidy.persons, 0) as subsidy_persons,
        coalesce(subsidy.amount, 0) as subsidy_amount
    from employment
    -- a township may hand in its payments before its register, or fall silent
    full join silent using (month, division_code)
    full join last_year using (month, division_code)
    full join training using (month, division_code)
    full join subsidy using (month, division_code)
    inner join divisions using (division_code)

)

select * from joined
