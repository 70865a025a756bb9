{#-
    Whether two values of one column differ, as its contract has it compared. No value is a value too. Of two
    dates only what both state counts: 2020-03 and 2020-03-05 do not differ. `day` < `month` < `year` happens to
    be the order of the alphabet.
-#}
{% macro differs(column, one, other) -%}
    {%- if column.compare == 'date' -%}
        {%- set precision = 'greatest(' ~ one ~ '_precision, ' ~ other ~ '_precision)' -%}
        ({{ one }} is distinct from {{ other }}
        and date_trunc({{ precision }}, {{ one }}::timestamp)
        is distinct from date_trunc({{ precision }}, {{ other }}::timestamp))
    {%- elif column.compare in ('normalised', 'place') -%}
        ({{ one }} is distinct from {{ other }}
        and {{ normalised(one, column.compare) }} is distinct from {{ normalised(other, column.compare) }})
    {%- elif column.tolerance -%}
        ({{ one }} is distinct from {{ other }}
        and coalesce(abs({{ one }} - {{ other }}) > {{ column.tolerance }}, true))
    {%- else -%}
        {{ one }} is distinct from {{ other }}
    {%- endif -%}
{%- endmacro %}

{#- Whether two levels that both have a record, and the column, differ in it. -#}
{% macro levels_differ(column, one, other) -%}
    ({{ one }}_has_record and {{ other }}_has_record
    and {{ says(column, one) }} and {{ says(column, other) }}
    and {{ differs(column, one ~ '_' ~ column.name, other ~ '_' ~ column.name) }})
{%- endmacro %}

{#- Whether a level's file has the column at all; one that has not says nothing, which is not the same as empty. -#}
{% macro says(column, level) -%}
    {{ has_column("'" ~ column.contract_name ~ "'", level) }}
{%- endmacro %}

{% macro has_column(name, level) -%}
    coalesce({{ name }} <> all(string_to_array({{ level }}_absent_columns, '|')), true)
{%- endmacro %}

{#-
    A text without what clerks write differently and mean the same: width, case, blanks, the interpunct's many
    shapes, a note like (户主) behind a name, the long form of a company; of a place also what it is (省, 市, 县).
-#}
{% macro normalised(text, compare) -%}
    {%- set joined_up -%}
        regexp_replace(lower(normalize({{ text }}, nfkc)), '[[:space:]\u200b\ufeff]+', '', 'g')
    {%- endset -%}
    {%- set bare = with_one_interpunct_and_no_note(joined_up) -%}
    {%- if compare == 'place' -%}
        regexp_replace(
            {{ bare }},
            '(?<=..)(省|市|县|区|地区|盟|自治州|(壮族|回族|维吾尔)?自治区|特别行政区|街道|镇|乡|村|社区)$', ''
        )
    {%- else -%}
        regexp_replace({{ bare }}, '有限责任公司', '有限公司')
    {%- endif -%}
{%- endmacro %}
