{{ number_repeated('employment', ref('stg_employment')) }}
