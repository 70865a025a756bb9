{#- A division's code begins with those of the divisions that it lies in (GB/T 10114). -#}
{% macro township_of(division_code) -%}
    left({{ division_code }}, 9) || '000'
{%- endmacro %}

{% macro county_of(division_code) -%}
    left({{ division_code }}, 6) || '000000'
{%- endmacro %}
