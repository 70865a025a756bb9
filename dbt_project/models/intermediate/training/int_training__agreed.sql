{{ agree_on_records('training', ref('int_training__record'), ref('int_training__matched'), ref('int_training__disputed')) }}
