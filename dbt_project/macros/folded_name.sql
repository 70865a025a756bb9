{#-
    A name as two ledgers are compared by it: any form of the interpunct is U+00B7, and (户主) behind it goes. What a
    clerk wrote stays as it is in raw.
-#}
{% macro folded_name(name) -%}
    case
        when {{ name }} !~ '[•・‧.．∙(（]' then {{ name }}  -- of most: one look, and nothing to replace
        else regexp_replace(regexp_replace({{ name }}, '[•・‧.．∙]', '·', 'g'), '[(（]户主[)）]$', '')
    end
{%- endmacro %}
