{#- By village and compared column the records that two levels or more have, so that they can differ in it. -#}
{% macro count_comparable(ledger, agreed) -%}
    select
        '{{ ledger }}' as ledger,
        counted.*,
        compared.column_name
    from (
        select
            period,
            home_village_code as division_code,
            count(*) as records
        from {{ agreed }}
        where levels_with_record > 1
        group by period, home_village_code
    ) as counted
    cross join (
        values
        {% for column in compared_columns_of(ledger) %}
        ('{{ column.contract_name }}'){{ ',' if not loop.last }}
        {% endfor %}
    ) as compared (column_name)
{%- endmacro %}
