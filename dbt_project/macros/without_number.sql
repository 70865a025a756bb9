{#-
    A text, unless it holds eleven digits of whatever width with no letter between them: a phone, an identity number
    or an account that slipped in. The clerk is told by the rule `number_in_text`.
-#}
{% macro without_number(text) -%}
    case
        when length({{ text }}) < 11 then {{ text }}  -- of most, and far cheaper
        when normalize({{ text }}, nfkc) !~ '([0-9][^0-9A-Za-z㐀-鿿]*){11}' then {{ text }}
    end
{%- endmacro %}
