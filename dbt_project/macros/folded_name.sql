{#-
    A name as two ledgers are compared by it: any form of the interpunct is U+00B7, and (户主) or (本人) behind it
    goes. What a clerk wrote stays as it is in raw.
-#}
{% macro folded_name(name) -%}
    case
        when {{ name }} !~ '[{{ interpuncts() }}(（]' then {{ name }}  -- of most: one look, and nothing to replace
        else {{ with_one_interpunct_and_no_note(name) }}
    end
{%- endmacro %}

{#- What folding a name comes to; all text that is compared is folded by it, so that names that agree are one name. -#}
{% macro with_one_interpunct_and_no_note(text) -%}
    regexp_replace(
        regexp_replace({{ text }}, '[{{ interpuncts() }}]', '·', 'g'), '[(（](户主|本人|户主本人)[)）]$', ''
    )
{%- endmacro %}

{#- Whatever is typed for U+00B7, as it goes between [ and ] of a regular expression. -#}
{% macro interpuncts() -%}
    •・‧．.∙⋅･
{%- endmacro %}
