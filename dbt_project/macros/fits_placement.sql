{#-
    Whether a spell of work can be what a returnee was placed in. What the ledger does not tell of it speaks against
    nothing.
-#}
{% macro fits_placement(placed_as, spell) -%}
    {%- set channel = 'coalesce(nullif(' ~ spell ~ '.channel, \'unmapped\'), ' ~ placed_as ~ ')' -%}
    case
        when {{ placed_as }} = 'self_employed' then {{ spell }}.work_status = 'self_employed'
        when {{ placed_as }} in ('workshop', 'public_post') then {{ channel }} = {{ placed_as }}
        when {{ placed_as }} in ('enterprise', 'base', 'away_again')
            then {{ spell }}.work_status <> 'self_employed' and {{ channel }} not in ('workshop', 'public_post')
        else true
    end
{%- endmacro %}
