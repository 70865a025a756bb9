{#- 稳定就业6个月以上: counted among those who work away now, as the county counts it. -#}
{% macro is_stable_six_months() -%}
    (work_status = 'working_away' and coalesce(months_worked, 0) >= 6)
{%- endmacro %}
