{{ suspected_of_sharing('shared_phone', 'people.phone_key') }}
