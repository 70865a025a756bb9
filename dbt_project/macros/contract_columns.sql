{#- Written by `python -m taizhang.contract_dbt` from contracts/*.yaml: change those. -#}

{% macro employment_contract() %}
    {{ return({
        'key': ['person_key'],
        'columns': [
            {'name': 'household_no', 'contract_name': 'household_no', 'compared': False, 'compare': 'normalised', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'name', 'contract_name': 'name', 'compared': True, 'compare': 'normalised', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'relation_to_head', 'contract_name': 'relation_to_head', 'compared': False, 'compare': 'code', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'gender', 'contract_name': 'gender', 'compared': True, 'compare': 'code', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'phone_key', 'contract_name': 'phone', 'compared': False, 'compare': 'exact', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'village_code', 'contract_name': 'village_code', 'compared': True, 'compare': 'exact', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'education', 'contract_name': 'education', 'compared': True, 'compare': 'code', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'skill', 'contract_name': 'skill', 'compared': True, 'compare': 'code', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'household_type', 'contract_name': 'household_type', 'compared': True, 'compare': 'code', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'person_status', 'contract_name': 'person_status', 'compared': True, 'compare': 'code', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'person_status_on', 'contract_name': 'person_status_on', 'compared': False, 'compare': 'date', 'tolerance': 0.0, 'has_precision': True, 'is_free_text': False},
            {'name': 'work_status', 'contract_name': 'work_status', 'compared': True, 'compare': 'code', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'channel', 'contract_name': 'channel', 'compared': True, 'compare': 'code', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'work_region', 'contract_name': 'work_region', 'compared': True, 'compare': 'code', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'work_province', 'contract_name': 'work_province', 'compared': True, 'compare': 'place', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': True},
            {'name': 'work_city', 'contract_name': 'work_city', 'compared': True, 'compare': 'place', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': True},
            {'name': 'employer', 'contract_name': 'employer', 'compared': True, 'compare': 'normalised', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': True},
            {'name': 'job', 'contract_name': 'job', 'compared': True, 'compare': 'normalised', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': True},
            {'name': 'started_on', 'contract_name': 'started_on', 'compared': True, 'compare': 'date', 'tolerance': 0.0, 'has_precision': True, 'is_free_text': False},
            {'name': 'ended_on', 'contract_name': 'ended_on', 'compared': False, 'compare': 'date', 'tolerance': 0.0, 'has_precision': True, 'is_free_text': False},
            {'name': 'months_worked', 'contract_name': 'months_worked', 'compared': True, 'compare': 'exact', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'monthly_income', 'contract_name': 'monthly_income', 'compared': True, 'compare': 'amount', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'point_to_point', 'contract_name': 'point_to_point', 'compared': False, 'compare': 'exact', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'train_no', 'contract_name': 'train_no', 'compared': False, 'compare': 'normalised', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': True},
            {'name': 'returned', 'contract_name': 'returned', 'compared': True, 'compare': 'exact', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'returned_on', 'contract_name': 'returned_on', 'compared': True, 'compare': 'date', 'tolerance': 0.0, 'has_precision': True, 'is_free_text': False},
            {'name': 'return_reason', 'contract_name': 'return_reason', 'compared': False, 'compare': 'code', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'intention', 'contract_name': 'intention', 'compared': False, 'compare': 'code', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'training_wanted', 'contract_name': 'training_wanted', 'compared': False, 'compare': 'exact', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'placed_as', 'contract_name': 'placed_as', 'compared': True, 'compare': 'code', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'helped_one_to_one', 'contract_name': 'helped_one_to_one', 'compared': False, 'compare': 'exact', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
        ],
        'measures': [
            {'name': 'records', 'sum': 'count(*)', 'scale': 0},
            {'name': 'months_worked', 'sum': 'sum(months_worked)', 'scale': 0},
        ],
    }) }}
{% endmacro %}

{% macro training_contract() %}
    {{ return({
        'key': ['person_key', 'class_no'],
        'columns': [
            {'name': 'name', 'contract_name': 'name', 'compared': True, 'compare': 'normalised', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'phone_key', 'contract_name': 'phone', 'compared': False, 'compare': 'exact', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'village_code', 'contract_name': 'village_code', 'compared': True, 'compare': 'exact', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'trainee_category', 'contract_name': 'trainee_category', 'compared': False, 'compare': 'code', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'training_type', 'contract_name': 'training_type', 'compared': True, 'compare': 'code', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'trade', 'contract_name': 'trade', 'compared': True, 'compare': 'normalised', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': True},
            {'name': 'mode', 'contract_name': 'mode', 'compared': True, 'compare': 'code', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'venue', 'contract_name': 'venue', 'compared': True, 'compare': 'place', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': True},
            {'name': 'provider', 'contract_name': 'provider', 'compared': True, 'compare': 'normalised', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': True},
            {'name': 'started_on', 'contract_name': 'started_on', 'compared': True, 'compare': 'date', 'tolerance': 0.0, 'has_precision': True, 'is_free_text': False},
            {'name': 'ended_on', 'contract_name': 'ended_on', 'compared': True, 'compare': 'date', 'tolerance': 0.0, 'has_precision': True, 'is_free_text': False},
            {'name': 'hours', 'contract_name': 'hours', 'compared': True, 'compare': 'exact', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'certified', 'contract_name': 'certified', 'compared': True, 'compare': 'exact', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
        ],
        'measures': [
            {'name': 'records', 'sum': 'count(*)', 'scale': 0},
            {'name': 'hours', 'sum': 'sum(hours)', 'scale': 0},
        ],
    }) }}
{% endmacro %}

{% macro subsidy_contract() %}
    {{ return({
        'key': ['payment_no'],
        'columns': [
            {'name': 'batch_no', 'contract_name': 'batch_no', 'compared': False, 'compare': 'normalised', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'subsidy_type', 'contract_name': 'subsidy_type', 'compared': True, 'compare': 'code', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'name', 'contract_name': 'name', 'compared': True, 'compare': 'normalised', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'person_key', 'contract_name': 'id_no', 'compared': True, 'compare': 'exact', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'village_code', 'contract_name': 'village_code', 'compared': True, 'compare': 'exact', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'payee_key', 'contract_name': 'payee_id_no', 'compared': False, 'compare': 'exact', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'payee_relation', 'contract_name': 'payee_relation', 'compared': False, 'compare': 'code', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'account_key', 'contract_name': 'account', 'compared': False, 'compare': 'exact', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'period_from', 'contract_name': 'period_from', 'compared': True, 'compare': 'date', 'tolerance': 0.0, 'has_precision': True, 'is_free_text': False},
            {'name': 'period_to', 'contract_name': 'period_to', 'compared': True, 'compare': 'date', 'tolerance': 0.0, 'has_precision': True, 'is_free_text': False},
            {'name': 'amount', 'contract_name': 'amount', 'compared': True, 'compare': 'amount', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'paid_on', 'contract_name': 'paid_on', 'compared': True, 'compare': 'date', 'tolerance': 0.0, 'has_precision': True, 'is_free_text': False},
            {'name': 'status', 'contract_name': 'status', 'compared': True, 'compare': 'code', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'fail_reason', 'contract_name': 'fail_reason', 'compared': False, 'compare': 'code', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
            {'name': 'reissue_of', 'contract_name': 'reissue_of', 'compared': True, 'compare': 'exact', 'tolerance': 0.0, 'has_precision': False, 'is_free_text': False},
        ],
        'measures': [
            {'name': 'records', 'sum': 'count(*)', 'scale': 0},
            {'name': 'amount', 'sum': 'sum(amount)', 'scale': 2},
        ],
    }) }}
{% endmacro %}
