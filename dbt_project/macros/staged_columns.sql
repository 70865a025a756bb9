{#-
    A ledger's columns as they go on from raw: identity numbers, phones and accounts as surrogate keys, and
    what else is personal only if it is compared. A name is folded: how it is written is no difference. Words lose
    what looks like a number of a person.
-#}
{% macro staged_columns(ledger) -%}
    {%- set changed = {
        'person_key': 'people.person_key',
        'payee_key': 'payees.person_key as payee_key',
        'account_key': 'accounts.account_key',
        'phone_key': 'phones.phone_key',
        'name': folded_name('source.name') ~ ' as name',
    } -%}
    {%- set contract = contract_of(ledger) -%}
    {%- for column in contract.columns if column.is_free_text -%}
        {%- do changed.update({column.name: without_number('source.' ~ column.name) ~ ' as ' ~ column.name}) -%}
    {%- endfor -%}
    {%- for column in contract.key + columns_of(ledger) -%}
        {{ changed.get(column, 'source.' ~ column) }}{{ ',\n        ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
