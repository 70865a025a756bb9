{{ break_records('training', ref('int_training__joined')) }}
