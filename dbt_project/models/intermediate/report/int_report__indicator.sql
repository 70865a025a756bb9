{%- set of_work = [
    'registered', 'carried_forward', 'employed', 'working_away', 'out_of_province', 'in_province', 'in_county',
    'region_unknown', 'stable_six_months', 'willing_to_work', 'returnees', 'placed_again',
] -%}
with

employment as (

    select * from {{ ref('int_report__employment') }}

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
        employment.working_away_last_year,
        {% for column in ['trained', 'trainings', 'certified', 'trainings_six_months_over', 'in_work_within_six_months'] %}
        coalesce(training.{{ column }}, 0) as {{ column }},
        {% endfor %}
        coalesce(subsidy.payments, 0) as subsidy_payments,
        coalesce(subsidy.persons, 0) as subsidy_persons,
        coalesce(subsidy.amount, 0) as subsidy_amount
    from employment
    -- a township may hand in its payments before its register
    full join training using (month, division_code)
    full join subsidy using (month, division_code)
    inner join divisions using (division_code)

),

rated as (

    select
        *,
        {{ percent('working_away', 'registered') }} as working_away_percent_of_registered,
        {{ percent('employed', 'registered') }} as employed_percent_of_registered,
        {{ percent('stable_six_months', 'working_away') }} as stable_percent_of_working_away,
        {{ percent('stable_six_months', 'employed') }} as stable_percent_of_employed,
        {{ percent('working_away', 'working_away_last_year') }} as working_away_percent_of_last_year,
        {{ percent('returnees', 'working_away') }} as returnees_percent_of_working_away,
        {{ percent('placed_again', 'returnees') }} as placed_again_percent_of_returnees,
        {{ percent('trained', 'registered') }} as trained_percent_of_registered,
        {{ percent('certified', 'trainings') }} as certified_percent_of_trainings,
        {{ percent('in_work_within_six_months', 'trainings_six_months_over') }} as in_work_percent_of_trainings_six_months_over
    from joined

)

select * from rated
