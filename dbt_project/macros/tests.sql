{#- What a model's rows must fulfil beyond what dbt tests itself: each test gives the rows that do not. -#}

{#- At most one row of a key is current; `at_least` one too. -#}
{% test one_current_row(model, key, at_least=false) %}
    select
        {{ key }},
        count(*) filter (where is_current) as current_rows
    from {{ model }}
    group by {{ key }}
    having count(*) filter (where is_current) {{ '<> 1' if at_least else '> 1' }}
{% endtest %}

{% test adds_up(model, whole, parts) %}
    select * from {{ model }}
    where {{ whole }} <> {{ parts | join(' + ') }}
{% endtest %}

{#- The townships' counts add up to the county's. Persons do not: one may be trained or paid in two townships. -#}
{% test townships_add_up(model, counts) %}
    select
        month,
        {% for count in counts %}
        sum({{ count }}) filter (where division_level = 'township') as {{ count }}_of_townships{{ ',' if not loop.last }}
        {% endfor %}
    from {{ model }}
    group by month
    having
        {% for count in counts %}
        sum({{ count }}) filter (where division_level = 'township')
        <> sum({{ count }}) filter (where division_level = 'county'){{ ' or' if not loop.last }}
        {% endfor %}
{% endtest %}

{% test no_small_count(model, counts) %}
    select * from {{ model }}
    where
        {% for count in counts %}
        {{ count }} between 1 and 4{{ ' or' if not loop.last }}
        {% endfor %}
{% endtest %}

{#- A foreign key of several columns, each given with the column that it refers to. -#}
{% test refers_to(model, to, by) %}
    select model.*
    from {{ model }} as model
    where
        {% for column in by %}
        model.{{ column }} is not null and
        {% endfor %}
        not exists (
            select from {{ to }} as target
            where {% for column, target in by.items() %}
                target.{{ target }} = model.{{ column }}{{ ' and' if not loop.last }}
            {% endfor %}
        )
{% endtest %}
