{{ suspected_by_status('paid_after_death', ['dead']) }}
