{{ agree_on_records('subsidy', ref('int_subsidy__record'), ref('int_subsidy__matched'), ref('int_subsidy__disputed')) }}
