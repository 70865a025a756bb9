{#-
    Whether an extract takes the place of the one in which a level's side of a break was found: it came later, from
    the division that keeps the ledger at that level (of a township's total, from any of its villages). Where the level
    had not handed in, or its row was rejected, what came after the break was last seen is later.
-#}
{% macro is_concerned_by(extract, told) -%}
    case {{ extract }}.level
        {% for level in levels() %}
        when '{{ level }}'
            then coalesce(
                {{ extract }}.extract_id > {{ told }}.{{ level }}_extract_id,
                {{ extract }}.extract_date > {{ told }}.last_seen
            )
        {% endfor %}
    end
    and case
        when {{ extract }}.level = 'county' then true
        when {{ extract }}.level = 'township' then {{ extract }}.division_code = {{ told }}.township_code
        when {{ told }}.division_code = {{ told }}.township_code
            then {{ township_of(extract ~ '.division_code') }} = {{ told }}.township_code
        else {{ extract }}.division_code = {{ told }}.division_code
    end
{%- endmacro %}
