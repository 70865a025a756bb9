{{ agree_on_records('employment', ref('int_employment__record'), ref('int_employment__matched'), ref('int_employment__disputed')) }}
