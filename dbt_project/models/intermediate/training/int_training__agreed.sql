{{ agree_on_records(
    'training',
    ref('int_training__record'),
    ref('int_reconciliation__handed_in'),
    ref('int_training__disputed'),
    ref('stg_extract')
) }}
