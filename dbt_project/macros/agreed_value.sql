{#-
    The value that counts: what township and village agree on, else the county's word, else the township's, else
    the village's, of those that have the column. So one level's mistake never moves a published figure. Of two dates that agree the more exact
    one counts; `precision` asks for the date's precision instead of the date.
-#}
{% macro agreed_value(column, precision=false) -%}
    {%- set name = column.name ~ '_precision' if precision else column.name -%}
    case
        when {{ agree_below_the_county(column) }}
            then {{ finer_of_two(column, name) if column.has_precision else 'township_' ~ name }}
        when county_has_record and {{ says(column, 'county') }} then county_{{ name }}
        when township_has_record and {{ says(column, 'township') }} then township_{{ name }}
        else village_{{ name }}
    end
{%- endmacro %}

{#- The value that counts in a column, of a date also its precision. -#}
{% macro agreed_columns(column) -%}
    {{ agreed_value(column) }} as {{ column.name }}
    {%- if column.has_precision %},
        {{ agreed_value(column, precision=true) }} as {{ column.name }}_precision
    {%- endif %}
{%- endmacro %}

{% macro agree_below_the_county(column) -%}
    township_has_record and village_has_record
    and {{ says(column, 'township') }} and {{ says(column, 'village') }}
    and not {{ differs(column, 'township_' ~ column.name, 'village_' ~ column.name) }}
{%- endmacro %}

{% macro finer_of_two(column, name) -%}
    case
        when village_{{ column.name }}_precision < township_{{ column.name }}_precision then village_{{ name }}
        else township_{{ name }}
    end
{%- endmacro %}
