{#-
    Whether an extract takes the place of the one in which a level's side of a break was found: it came later, from
    the division that keeps the ledger at that level (of a township's total, from any of its villages).
-#}
{% macro is_concerned_by(extract, told) -%}
    {{ extract }}.extract_id > case {{ extract }}.level
        {% for level in levels() %}
        when '{{ level }}' then coalesce({{ told }}.{{ level }}_extract_id, 0)
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
