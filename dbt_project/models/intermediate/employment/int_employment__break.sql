{{ break_records('employment', ref('int_employment__joined')) }}
