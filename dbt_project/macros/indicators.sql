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

{#-
    有就业意愿: who says so and is of working age. A wish in words that nobody knows (看情况、不想外出) is none; a
    status in such words bars nobody, as silence does not.
-#}
{% macro wants_to_work() -%}
    (
        coalesce(intention, 'none') not in ('none', 'unmapped')
        and coalesce(person_status, 'working_age') in ('turned_sixteen', 'working_age', 'unmapped')
    )
{%- endmacro %}

{#- 有就业意愿未就业: those whom the county owes work to. Who cannot work is not counted. -#}
{% macro is_willing_to_work() -%}
    (
        work_status = 'not_working' and {{ wants_to_work() }}
        and coalesce(skill, 'ordinary') not in ('lost', 'none')
    )
{%- endmacro %}

{#- 返乡回流中有就业意愿 -#}
{% macro is_returnee_willing() -%}
    (coalesce(returned, false) and {{ wants_to_work() }})
{%- endmacro %}

{#- 返乡回流后已再就业. What is in no list (未安置、暂无) need not name a place at all. -#}
{% macro is_placed_again() -%}
    (coalesce(returned, false) and coalesce(placed_as, 'unmapped') <> 'unmapped')
{%- endmacro %}
