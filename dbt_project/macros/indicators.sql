{#-
    What the county counts, each indicator once: a fact has it as a flag, and reports, figures and metrics add the
    flag up.
-#}

{#-
    In work for six months: of the year, as the county counts it. Before its sixth month has ended the year cannot tell,
    but the start of the present work can.
-#}
{% macro has_worked_six_months() -%}
    (
        coalesce(months_worked, 0) >= 6
        or coalesce(
            extract(month from period) < 6
            and {{ whole_months(last_day_of('started_on'), end_of_month('period')) }} >= 6,
            false
        )
    )
{%- endmacro %}

{#- 稳定就业6个月以上: counted among those who work away now, as the county counts it. -#}
{% macro is_stable_six_months() -%}
    (work_status = 'working_away' and {{ has_worked_six_months() }})
{%- endmacro %}

{#- 已就业满6个月: the same of all who are employed, so that it is a share of them (稳定率). -#}
{% macro is_employed_six_months() -%}
    ({{ is_employed() }} and {{ has_worked_six_months() }})
{%- endmacro %}

{#- 已就业: away from home, with a business of one's own or in flexible work (灵活就业); farming is not counted. -#}
{% macro is_employed() -%}
    (work_status in ('working_away', 'self_employed', 'flexible'))
{%- endmacro %}

{#- 有就业意愿未就业: those whom the county owes work to. Who says nothing of it or cannot work is not counted. -#}
{% macro is_willing_to_work() -%}
    (
        work_status = 'not_working' and coalesce(intention, 'none') <> 'none'
        and coalesce(skill, 'ordinary') not in ('lost', 'none')
    )
{%- endmacro %}

{#- 返乡回流后已再就业 -#}
{% macro is_placed_again() -%}
    (coalesce(returned, false) and placed_as is not null)
{%- endmacro %}
