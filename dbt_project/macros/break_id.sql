{#-
    What tells one break from all others, the same every night: the record, and the column that differs. Who is
    probably wrong, and the village that the record is of, may be others tomorrow while the levels still disagree; so
    may the level that lacks a record, or whether it is one or two. Only a duplicate is a level's own, a total a
    division's, and of two numbers of one person either may come to be the candidate.
-#}
{% macro break_id() -%}
    md5(concat_ws(
        '|',
        ledger,
        period,
        case when kind in ('absent', 'extra') then 'missing' else kind end,
        case kind when 'duplicate' then level when 'total' then division_code else '' end,
        case
            when kind = 'identity'
                then concat(least(person_key, candidate_key), '-', greatest(person_key, candidate_key))
            when ledger in ({{ ledgers_by_person() }}) then coalesce(person_key::text, '')
            else ''
        end,
        coalesce(record_no, ''),
        coalesce(column_name, '')
    ))
{%- endmacro %}

{#- The ledgers of which a record is a person's; elsewhere its number alone tells it, whoever it is said to be of. -#}
{% macro ledgers_by_person() -%}
    {%- for ledger in ledgers() if 'person_key' in contract_of(ledger).key -%}
        {{ ', ' if not loop.first }}'{{ ledger }}'
    {%- endfor -%}
{%- endmacro %}
