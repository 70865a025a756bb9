{#-
    What became of a break that was answered: the ledgers say what was answered, or still differ, or agree on
    another; or nothing is wrong, and the county is to accept it.
-#}
{% macro answer_outcome() -%}
    case
        when
            kind = 'differs' and status = 'closed' and levels_as_answered > 0
            and coalesce({% for level in levels() %}{{ level }}_otherwise{{ ', ' if not loop.last }}{% endfor %}) is null
            then 'changed'
        when status = 'accepted' then 'accepted'
        when awaits_acceptance then 'awaiting_acceptance'
        when status = 'open' then 'unchanged'
        when kind = 'differs' and correct_value is not null then 'changed_otherwise'
        when correct_value = 'not_repeated' then 'changed_otherwise'
        when correct_value = 'present' and levels_with_record = 0 then 'changed_otherwise'
        when correct_value = 'not_present' and levels_with_record > 0 then 'changed_otherwise'
        else 'changed'
    end
{%- endmacro %}
