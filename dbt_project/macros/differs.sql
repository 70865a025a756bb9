{#-
    Whether two values of one column differ. No value is a value too. Of two dates only what both state counts:
    2020-03 and 2020-03-05 do not differ. `day` < `month` < `year` happens to be the order of the alphabet.
-#}
{% macro differs(column, one, other) -%}
    {%- if column.has_precision -%}
        {%- set precision = 'greatest(' ~ one ~ '_precision, ' ~ other ~ '_precision)' -%}
        ({{ one }} is distinct from {{ other }}
        and date_trunc({{ precision }}, {{ one }}::timestamp)
        is distinct from date_trunc({{ precision }}, {{ other }}::timestamp))
    {%- else -%}
        {{ one }} is distinct from {{ other }}
    {%- endif -%}
{%- endmacro %}

{#- Whether two levels that both have a record differ in a column of it. -#}
{% macro levels_differ(column, one, other) -%}
    ({{ one }}_has_record and {{ other }}_has_record
    and {{ differs(column, one ~ '_' ~ column.name, other ~ '_' ~ column.name) }})
{%- endmacro %}
