{{ suspected_by_status('status_bars_payment', ['retired', 'sentenced', 'in_service', 'emigrated', 'missing']) }}
