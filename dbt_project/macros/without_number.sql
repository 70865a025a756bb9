{#-
    A text, unless it holds eleven digits, whatever blanks and hyphens between them: a phone, an identity number or an
    account that slipped in. The clerk is told by the rule `number_in_text`.
-#}
{% macro without_number(text) -%}
    case
        when length({{ text }}) < 11 then {{ text }}  -- of most, and far cheaper
        when translate({{ text }}, '０１２３４５６７８９ 　-－', '0123456789') !~ '[0-9]{11}' then {{ text }}
    end
{%- endmacro %}
