{{ agree_on_records(
    'employment',
    ref('int_employment__record'),
    ref('int_reconciliation__handed_in'),
    ref('int_employment__disputed'),
    ref('stg_extract')
) }}
