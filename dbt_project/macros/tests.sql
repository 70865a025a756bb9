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

{#-
    Nobody is told by a count of a village, nor by what its township's (`totals`) has beyond the villages that are
    shown; of a township in which there is no village left to hide, nothing can be kept back.
-#}
{% test no_small_count(model, counts, totals) %}
    {% for count in counts %}
    select
        township_code,
        month,
        '{{ count }}' as counted
    from {{ model }} as villages
    inner join {{ totals }} as townships using (month)
    where townships.division_code = villages.township_code
    group by township_code, month, townships.{{ count }}
    having
        bool_or(villages.{{ count }} between 1 and 4)
        or (
            sum(villages.{{ count }}) > 0
            and townships.{{ count }} - sum(villages.{{ count }}) between 1 and 4
        )
        or (
            count(*) > 1
            and count(*) - count(villages.{{ count }}) = 1
            and townships.{{ count }} > coalesce(sum(villages.{{ count }}), 0)
        )
    {{ 'union all' if not loop.last }}
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
