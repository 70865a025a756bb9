{#-
    Whether a count tells of fewer than five people, or lacks fewer than five of a whole that is shown: who is not
    counted would be told by the difference. None at all tells of nobody.
-#}
{% macro is_small(count, wholes=()) -%}
    ({{ count }} between 1 and 4
    {%- for whole in wholes %} or {{ whole }} - {{ count }} between 1 and 4{% endfor %})
{%- endmacro %}

{#-
    Whether a count must not be shown either, beside those that are hidden among its neighbours (`by`): what they add
    up to, less those that are shown, would tell the hidden one if it is alone, or tell of fewer than five people. It
    is the smallest that is shown and not 0, by which most is hidden with the least.
-#}
{% macro is_telling(count, is_hidden, by) -%}
    {%- set hidden_of_all = "filter (where " ~ is_hidden ~ ") over (partition by " ~ by ~ ")" -%}
    (
        not {{ is_hidden }}
        and coalesce(sum({{ count }}) {{ hidden_of_all }}, 0) > 0
        and (count(*) {{ hidden_of_all }} = 1 or sum({{ count }}) {{ hidden_of_all }} < 5)
        and row_number() over (
            partition by {{ by }}
            order by {{ is_hidden }}, nullif({{ count }}, 0) nulls last, division_code
        ) = 1
    )
{%- endmacro %}
