{#-
    Whether a report tells of the same return as the last one: the same day; or the same year, and no day after
    that report, so that a corrected day makes no second return.
-#}
{% macro return_is_restated() -%}
    last_month is not null and (
        (returned_on is not null and {{ same_date('returned_on', 'last_returned_on') }})
        or (
            extract(year from month) = extract(year from last_month)
            and coalesce(returned_on <= {{ end_of_month('last_month') }}, true)
        )
    )
{%- endmacro %}
