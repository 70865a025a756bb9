{#-
    Whether a level says otherwise than when a break was last found: another value; a record that it lacked or has
    taken off; for a person under two numbers either of them. Who listed a record twice has changed when it does not.
-#}
{% macro has_changed(before, now) -%}
    case {{ before }}.kind
        when 'duplicate' then {{ before }}.is_its_own
        when 'total' then {{ before }}.value is distinct from {{ now }}.value
        when 'differs' then {{ before }}.value is distinct from {{ now }}.value
        when 'extra' then coalesce({{ now }}.has_record, false) <> {{ before }}.is_its_own
        when 'absent' then coalesce({{ now }}.has_record, false) <> ({{ before }}.had_handed_in and not {{ before }}.is_its_own)
        when 'identity'
            then coalesce({{ now }}.has_record, false) <> ({{ before }}.had_handed_in and not {{ before }}.is_its_own)
            or coalesce({{ now }}.has_candidate, false) <> {{ before }}.is_its_own
    end
{%- endmacro %}
