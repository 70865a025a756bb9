{{ agree_on_records(
    'subsidy',
    ref('int_subsidy__record'),
    ref('int_reconciliation__handed_in'),
    ref('int_subsidy__disputed'),
    ref('stg_extract')
) }}
