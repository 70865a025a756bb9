{#-
    The night that is built. Read from the environment, as dbt would parse the whole project anew every night if
    it were a `--vars`.
-#}
{% macro night_date() -%}
    date '{{ env_var("TAIZHANG_NIGHT_DATE", modules.datetime.date.today().isoformat()) }}'
{%- endmacro %}
