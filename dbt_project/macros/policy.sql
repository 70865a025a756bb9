{#- What a payment takes from the policy that rules it. -#}
{% macro policy_columns() -%}
    {%- for column in [
        'policy_id', 'cap', 'cap_per', 'times', 'times_per', 'max_months', 'min_age', 'registered',
        'trained', 'at_home', 'household_types', 'excluded_with', 'excludes_point_to_point', 'document', 'confidence',
    ] -%}
        policies.{{ column }},
        {% endfor -%}
        {{ highest_age('paid.gender') }} as max_age
{%- endmacro %}

{% macro highest_age(gender) -%}
    case {{ gender }} when 'female' then policies.max_age_female else policies.max_age_male end
{%- endmacro %}

{#- The tier of a policy that a place of work lies in: who works abroad has left the province. -#}
{% macro area_tier(work_region) -%}
    case {{ work_region }} when 'abroad' then 'out_of_province' when 'unmapped' then null else {{ work_region }} end
{%- endmacro %}

{#- Whether a trainee's class may be the one that a payment is for: classes that end a year are paid in the next. -#}
{% macro is_class_of(payment) -%}
    trainees.period between date_trunc('year', {{ payment }}.first_month) - interval '1 year' and {{ payment }}.last_month
{%- endmacro %}

{#- Whether a value is in a list that is parted by bars, as seeds can hold no other. -#}
{% macro is_listed(value, list) -%}
    {{ value }} = any(string_to_array({{ list }}, '|'))
{%- endmacro %}

{#- Whether two lists that are parted by bars have something in common. -#}
{% macro are_listed_together(one, other) -%}
    (string_to_array({{ one }}, '|') && string_to_array({{ other }}, '|'))
{%- endmacro %}

{#- Whether a day lies inside an age window, open where an age is null; the birthday at its end is still inside. -#}
{% macro is_of_age(day, birth_date, min_age, max_age) -%}
    {{ day }} between
        {{ birth_date }} + make_interval(years => coalesce({{ min_age }}, 0))
        and {{ birth_date }} + make_interval(years => coalesce({{ max_age }}, 200))
{%- endmacro %}

{#- What a payment has for its months from one on, in equal shares. -#}
{% macro amount_from(month) -%}
    round(amount * {{ months_between('greatest(first_month, ' ~ month ~ ')', 'last_month') }} / months, 2)
{%- endmacro %}

{#- How many months from the first to the last, both counted. -#}
{% macro months_between(first_month, last_month) -%}
    (
        12 * (extract(year from {{ last_month }}) - extract(year from {{ first_month }}))
        + extract(month from {{ last_month }}) - extract(month from {{ first_month }}) + 1
    )::integer
{%- endmacro %}
