{{ find_disputed('employment', ref('int_employment__record'), ref('int_reconciliation__handed_in')) }}
