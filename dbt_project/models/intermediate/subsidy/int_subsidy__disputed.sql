{{ set_side_by_side(
    'subsidy',
    ref('int_subsidy__record'),
    ref('int_subsidy__disputed_key'),
    ref('int_reconciliation__handed_in'),
    ref('stg_rejected_row'),
    ref('stg_extract')
) }}
