{{ break_records('employment', ref('int_employment__disputed'), ref('int_reconciliation__identity')) }}
