{#-
    What every suspicion of a payment has in common. How sure it is, is said by the policy that it applies
    (`of_policy`), by `confidence`, or else by the rule.
-#}
{% macro suspected(rule, of_policy=false, confidence='null::text') -%}
    '{{ rule }}' as rule,
        labourer_key,
        subsidy_type,
        year,
        payment_no,
        first_month as period_from,
        last_month as period_to,
        {{ 'confidence' if of_policy else confidence ~ ' as confidence' }},
        {{ 'document' if of_policy else 'null::text as document' }}
{%- endmacro %}

{#- Every rule that has a model of its own, `int_suspicion__<rule>`; the seed `suspicion_rule` describes them. -#}
{% macro suspicion_rules() %}
    {{ return([
        'paid_twice', 'reissued_though_paid', 'reissue_above_failed', 'reissue_of_another', 'returned_not_reissued',
        'over_cap', 'over_term', 'paid_again', 'not_registered', 'household_not_entitled', 'paid_after_death',
        'status_bars_payment', 'outside_age', 'excluded_by_subsidy', 'carried_free', 'not_trained', 'not_in_post',
        'due_unpaid', 'payee_outside_household', 'shared_account', 'shared_phone',
    ]) }}
{% endmacro %}
