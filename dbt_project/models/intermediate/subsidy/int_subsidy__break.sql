{{ break_records('subsidy', ref('int_subsidy__disputed'), ref('int_reconciliation__identity')) }}
