{{ set_side_by_side(
    'employment',
    ref('int_employment__record'),
    ref('int_employment__disputed_key'),
    ref('int_reconciliation__handed_in'),
    ref('stg_rejected_row'),
    ref('stg_extract')
) }}
