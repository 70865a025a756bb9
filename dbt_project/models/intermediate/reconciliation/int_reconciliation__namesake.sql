with

missing as (

    select * from {{ ref('int_reconciliation__missing') }}

),

-- two ways to meet, each a join on equal columns; who meets both ways is one pair
namesakes as (

    {% for meeting in ['name', 'household'] %}
    select
        one.ledger,
        one.period,
        one.record_no,
        one.person_key,
        other.person_key as candidate_key,
        one.levels_mask as person_mask,
        other.levels_mask as candidate_mask,
        case when one.levels_with_record > 1 then other.first_level end as level,
        (
            0.5
            + 0.3 * (one.home_name = other.home_name)::integer
            + 0.1 * coalesce(one.household_no = other.household_no, false)::integer
            + 0.1 * (one.home_village_code = other.home_village_code)::integer
        )::numeric(3, 2) as score
    from missing as one
    inner join missing as other
        on other.ledger = one.ledger
        and other.period = one.period
        {% if meeting == 'name' %}
        and other.home_name = one.home_name
        and {{ township_of('other.home_village_code') }} = {{ township_of('one.home_village_code') }}
        {% else %}
        and other.household_no = one.household_no
        and other.home_village_code = one.home_village_code
        {% endif %}
    where {{ complete_each_other('one', 'other') }}

    {{ 'union' if not loop.last }}

    {% endfor %}
)

select * from namesakes
