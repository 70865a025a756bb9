{{ set_side_by_side(
    'training',
    ref('int_training__record'),
    ref('int_training__disputed_key'),
    ref('int_reconciliation__handed_in'),
    ref('stg_rejected_row'),
    ref('stg_extract')
) }}
