{{ find_disputed('subsidy', ref('int_subsidy__record'), ref('int_reconciliation__handed_in')) }}
