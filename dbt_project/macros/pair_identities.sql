{#-
    One person under two numbers: a record that a level lacks, beside another that only this level has, of the same
    name in the township or of the same household in the village, under numbers that a slip of the hand tells
    apart. Only what is missing somewhere is looked at, and only within a name or household, so the work grows
    with the breaks and not with the square of the people.
-#}
{% macro missing_people(ledger, disputed) -%}
    select
        '{{ ledger }}' as ledger,
        period,
        person_key,
        {{ record_no(ledger) }} as record_no,
        home_village_code,
        {{ normalised('home_name', 'normalised') }} as home_name,
        {{ 'coalesce(county_household_no, township_household_no, village_household_no)'
            if 'household_no' in columns_of(ledger) else 'null::text' }} as household_no,
        levels_handed_in,
        levels_with_record,
        {% for level in levels() %}
        {{ level }}_has_record::integer * {{ 2 ** loop.index0 }}{{ ' +' if not loop.last }}
        {% endfor %}
        as levels_mask,
        case
            {% for level in levels() %}
            when {{ level }}_has_record then '{{ level }}'
            {% endfor %}
        end as first_level
    from {{ disputed }}
    where levels_with_record between 1 and levels_handed_in - 1
{%- endmacro %}

{#-
    Whether no level has both of two records, and of `other` it is one level that has it. A third level may lack the
    person, or have a number of its own. Of two levels alone either could be wrong: the first one's number goes by the
    name of person_key.
-#}
{% macro complete_each_other(one, other) -%}
    {{ one }}.record_no is not distinct from {{ other }}.record_no
        and {{ other }}.levels_with_record = 1
        and {{ one }}.levels_mask & {{ other }}.levels_mask = 0
        and ({{ one }}.levels_with_record > 1 or {{ one }}.levels_mask < {{ other }}.levels_mask)
{%- endmacro %}

{#-
    Whether two identity numbers are one slip apart, the check character (which follows from the others) aside: up
    to two digits, so a wrong one, two neighbours that swapped, or the century that a 15-digit number does not tell.
-#}
{% macro is_slip(one, other) -%}
    levenshtein(left({{ one }}, 17), left({{ other }}, 17)) <= 2
{%- endmacro %}
