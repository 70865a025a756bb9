{#-
    Whether a spell of work can be what a returnee was placed in: of the kind that is told, begun before the next
    return. What the ledger does not tell of it speaks against nothing.
-#}
{% macro is_placement(spell, return) -%}
    {%- set placed_as = return ~ '.placed_as' -%}
    {%- set channel = 'coalesce(nullif(' ~ spell ~ '.channel, \'unmapped\'), ' ~ placed_as ~ ')' -%}
    {{ return }}.is_placed_again
        and not coalesce({{ not_before(spell ~ '.started_on', return ~ '.next_day_of_return') }}, false)
        and case
            when {{ placed_as }} = 'self_employed' then {{ spell }}.work_status = 'self_employed'
            when {{ placed_as }} in ('workshop', 'public_post') then {{ channel }} = {{ placed_as }}
            when {{ placed_as }} in ('enterprise', 'base', 'away_again')
                then {{ spell }}.work_status <> 'self_employed' and {{ channel }} not in ('workshop', 'public_post')
            else true
        end
{%- endmacro %}
