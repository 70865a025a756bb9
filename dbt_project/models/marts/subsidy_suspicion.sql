with

suspicions as (

    {% for rule in suspicion_rules() %}
    select * from {{ ref('int_suspicion__' ~ rule) }}
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

),

rules as (

    select * from {{ ref('suspicion_rule') }}

),

labourers as (

    select * from {{ ref('dim_labourer') }}

),

described as (

    select
        -- keys
        md5(concat_ws(
            '|',
            suspicions.rule,
            suspicions.labourer_key,
            suspicions.subsidy_type,
            suspicions.year,
            suspicions.payment_no
        )) as suspicion_id,
        suspicions.labourer_key,
        suspicions.subsidy_type,
        suspicions.year,
        suspicions.payment_no,
        labourers.township_code,
        labourers.village_code,

        -- attributes
        suspicions.rule,
        rules.name as rule_name,
        rules.severity,
        coalesce(suspicions.confidence, rules.confidence) as confidence,
        suspicions.evidence,
        coalesce(suspicions.document, rules.source) as document,

        -- measures
        suspicions.amount_at_stake::numeric(14, 2) as amount_at_stake,

        -- dates
        suspicions.period_from,
        suspicions.period_to
    from suspicions
    inner join rules using (rule)
    inner join labourers using (labourer_key)

)

select * from described
