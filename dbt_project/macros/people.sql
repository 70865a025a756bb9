{#- A name of which only the first character can be read, as 张* or 阿***. -#}
{% macro masked(name) -%}
    rpad(left({{ name }}, 1), greatest(length({{ name }}), 2), '*')
{%- endmacro %}

{% macro age_band(age) -%}
    case
        when {{ age }} < 16 then 'under 16'
        when {{ age }} < 25 then '16-24'
        when {{ age }} < 35 then '25-34'
        when {{ age }} < 45 then '35-44'
        when {{ age }} < 55 then '45-54'
        when {{ age }} < 65 then '55-64'
        else '65 and over'
    end
{%- endmacro %}
