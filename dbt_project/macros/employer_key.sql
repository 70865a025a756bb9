{#-
    An employer's name without what clerks write differently: width, case, blanks, punctuation, 有限责任 for 有限.
    Nothing is left of a name that was only punctuation.
-#}
{% macro normalised_employer(name) -%}
    nullif(replace(regexp_replace(
        lower(normalize({{ name }}, nfkc)), '[[:space:][:punct:]·。、，（）]', '', 'g'
    ), '有限责任', '有限'), '')
{%- endmacro %}

{#-
    Whom a row of the employment ledger works for. Nobody employs the self-employed; a public-welfare post is the
    village's, and villages of one name in several townships have an office each.
-#}
{% macro employer_key() -%}
    case
        when work_status <> 'self_employed' and {{ normalised_employer('employer') }} is not null
            then {{ surrogate_key([
                normalised_employer('employer'), "case when channel = 'public_post' then village_code end"
            ]) }}
    end
{%- endmacro %}
