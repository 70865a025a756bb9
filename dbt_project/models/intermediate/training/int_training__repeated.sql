{{ number_repeated('training', ref('stg_training')) }}
