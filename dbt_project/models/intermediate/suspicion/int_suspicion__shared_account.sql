{{ suspected_of_sharing('shared_account', 'paid.account_key', "paid.payee_relation in ('self', 'head', 'family')") }}
