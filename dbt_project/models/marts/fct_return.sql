with

returns as (

    select
        *,
        lead(day_of_return) over by_return as next_day_of_return,
        lead(day_of_return_precision) over by_return as next_day_of_return_precision
    from {{ ref('int_spell__return') }}
    window by_return as (partition by labourer_key order by return_no)

),

spells as (

    select * from {{ ref('fct_employment_spell') }}

),

compared as (

    select
        returns.labourer_key,
        returns.return_no,
        spells.spell_no,
        {{ not_before('spells.started_on', 'returns.day_of_return') }} as is_after,
        returns.is_placed_again
        and {{ fits_placement('returns.placed_as', 'spells') }}
        and not coalesce({{ not_before('spells.started_on', 'returns.next_day_of_return') }}, false) as fits
    from returns
    inner join spells using (labourer_key)

),

around as (

    -- the spell of work that they came back from, and the one that they were placed in
    select
        labourer_key, return_no,
        max(spell_no) filter (where not is_after) as left_spell_no,
        min(spell_no) filter (where is_after and fits) as placed_spell_no
    from compared
    group by labourer_key, return_no

),

described as (

    select
        -- keys
        returns.labourer_key,
        returns.return_no,
        returns.township_code,
        returns.village_code,
        around.left_spell_no,
        around.placed_spell_no,
        placement.employer_key as placed_employer_key,

        -- attributes
        returns.return_reason,
        returns.intention,
        returns.helped_one_to_one,
        returns.is_placed_again,
        returns.placed_as,
        placement.job as placed_job,

        -- measures
        case
            when returns.day_of_return_precision = 'day' and placement.started_on_precision = 'day'
                then placement.started_on - returns.day_of_return
        end as days_to_placement,

        -- dates
        returns.day_of_return as returned_on,
        returns.day_of_return_precision as returned_on_precision,
        placement.started_on as placed_on,
        placement.started_on_precision as placed_on_precision,
        returns.first_month,
        returns.month as last_month
    from returns
    left join around using (labourer_key, return_no)
    left join spells as placement
        on placement.labourer_key = returns.labourer_key and placement.spell_no = around.placed_spell_no

)

select * from described
