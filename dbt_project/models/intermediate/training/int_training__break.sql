{{ break_records('training', ref('int_training__disputed'), ref('int_reconciliation__identity')) }}
