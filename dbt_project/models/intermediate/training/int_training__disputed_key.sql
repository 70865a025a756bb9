{{ find_disputed('training', ref('int_training__record'), ref('int_reconciliation__handed_in')) }}
