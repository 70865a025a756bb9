{#-
    A text, unless it holds eleven digits of whatever width, or Chinese ones, with no letter between them, or fewer
    behind the word for a phone: a phone, an identity number or an account that slipped in. The clerk is told by the rule `number_in_text`.
-#}
{% macro without_number(text) -%}
    case
        when length({{ text }}) < 9 then {{ text }}  -- of most, and far cheaper
        when
            normalize({{ text }}, nfkc) !~ (
                '([0-9零〇○一二三四五六七八九幺][^0-9A-Za-z㐀-鿿]*){11}'
                '|(电话|手机|号码|微信|联系方式)[^0-9]{0,3}[0-9]([- ]?[0-9]){6}'
            )
            then {{ text }}
    end
{%- endmacro %}
