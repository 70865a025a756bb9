{#-
    Whether an extract had been loaded when the night was published that is reproduced; any other night knows all
    of them.
-#}
{% macro was_loaded() -%}
    {%- set last_night = env_var('TAIZHANG_LAST_NIGHT_KNOWN', '') -%}
    {{ 'night_id <= ' ~ last_night if last_night else 'true' }}
{%- endmacro %}
