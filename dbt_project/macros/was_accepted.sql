{#-
    Whether a difference had been accepted when the night was built that is reproduced; any other night knows all that
    has been accepted.
-#}
{% macro was_accepted() -%}
    {%- set built_at = env_var('TAIZHANG_LAST_BUILD_KNOWN', '') -%}
    {{ 'accepted_at <= to_timestamp(' ~ built_at ~ ')' if built_at else 'true' }}
{%- endmacro %}
