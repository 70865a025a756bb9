{{ agree_on_records('subsidy', ref('int_subsidy__joined')) }}
