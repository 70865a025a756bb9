{#-
    A count that tells of fewer than five people is not shown, nor is one that lacks fewer than five of a whole that
    is shown: who is not counted would be told by the difference. None at all tells of nobody.
-#}
{% macro suppressed(count, wholes) -%}
    case
        when {{ count }} between 1 and 4 then null
        {% for whole in wholes %}
        when {{ whole }} - {{ count }} between 1 and 4 then null
        {% endfor %}
        else {{ count }}
    end
{%- endmacro %}

{#-
    A count of a village, not shown either where one other village of the township alone is not: the township's
    report less the villages that are shown would tell it.
-#}
{% macro never_alone(count) -%}
    case
        when count(*) filter (where {{ count }} is null) over (partition by month, township_code) <> 1
            or row_number() over (
                partition by month, township_code
                order by nullif({{ count }}, 0) nulls last, division_code
            ) > 1
            then {{ count }}
    end
{%- endmacro %}
