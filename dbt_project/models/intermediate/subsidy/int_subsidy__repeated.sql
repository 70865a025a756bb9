{{ number_repeated('subsidy', ref('stg_subsidy')) }}
