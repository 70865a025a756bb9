{#-
    Whether a report tells of the same spell of work as the last one: the same start; or the same employer, and
    nothing in between: no month without work, no end, no start after that report. So a corrected start or a new
    spelling of the employer makes no new spell, and coming back to the same employer does.
-#}
{% macro spell_goes_on() -%}
    last_month is not null and (
        (started_on is not null and {{ same_date('started_on', 'last_started_on') }})
        or (
            employer_key is not distinct from last_employer_key
            and (work_status = 'self_employed') = (last_work_status = 'self_employed')
            and idle_reports = last_idle_reports
            and coalesce(last_ended_on >= month, true)
            and coalesce(started_on <= {{ end_of_month('last_month') }}, true)
        )
    )
{%- endmacro %}
