{#- By village the records that two levels or more can speak of, and those of them without a break. -#}
{% macro count_agreeing(ledger, agreed, breaks) -%}
    {%- set key = contract_of(ledger).key -%}
    select
        '{{ ledger }}' as ledger,
        agreed.period,
        agreed.home_village_code as division_code,
        count(*) as records,
        count(*) filter (where disputed.period is null) as agreeing,
        count(*) filter (where agreed.levels_handed_in < 3) as unknown
    from {{ agreed }} as agreed
    left join (
        select
            period,
            person_key,
            record_no
        from {{ breaks }}
        where ledger = '{{ ledger }}' and kind <> 'total'

        union

        select
            period,
            candidate_key,
            record_no
        from {{ breaks }}
        where ledger = '{{ ledger }}' and kind = 'identity'
    ) as disputed
        on disputed.period = agreed.period
        {% for column in key %}
        and disputed.{{ 'person_key' if column == 'person_key' else 'record_no' }} = agreed.{{ column }}
        {% endfor %}
    where agreed.levels_handed_in > 1
    group by agreed.period, agreed.home_village_code
{%- endmacro %}
