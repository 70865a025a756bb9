"""What dbt takes from the contracts: files that follow from them, and what of a person goes beyond raw."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from taizhang.contract import Contract, contracts
from taizhang.contract_dbt import DBT_PROJECT, render, staged_columns, staged_name, write

EACH_LEDGER = pytest.mark.parametrize("contract", contracts().values(), ids=contracts())


@pytest.mark.parametrize("path", render(), ids=str)
def test_a_committed_file_is_what_the_contracts_say_now(path: Path) -> None:
    assert (DBT_PROJECT / path).read_text(encoding="utf-8") == render()[path], "run `make contracts`"


def test_writing_puts_every_file_in_its_place_and_no_other(tmp_path: Path) -> None:
    for path in render():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    write(tmp_path)
    written = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
    assert written == set(render())


def test_every_written_file_says_where_it_comes_from() -> None:
    assert all("Written by `python -m taizhang.contract_dbt`" in text.splitlines()[0] for text in render().values())


def test_every_description_is_in_both_languages() -> None:
    lacking = [
        (path.name, text)
        for path, document in render().items()
        if path.suffix == ".yml"
        for text in descriptions(yaml.safe_load(document))
        if not re.search(r"[a-z]{2}.*[一-鿿]", text)
    ]
    assert lacking == []


def descriptions(document: Any) -> list[str]:
    """Every description in a document, however deep it lies."""
    if isinstance(document, list):
        return [text for item in document for text in descriptions(item)]
    if isinstance(document, dict):
        own = [document["description"]] if "description" in document else []
        return own + descriptions(list(document.values()))
    return []


@EACH_LEDGER
def test_a_surrogate_key_stands_for_every_identity_number(contract: Contract) -> None:
    names = {staged_name(column) for column in staged_columns(contract)}
    assert "person_key" in names
    assert names & {column.name for column in contract.columns if column.kind == "id_number"} == set()


@EACH_LEDGER
def test_what_is_personal_goes_beyond_raw_only_to_be_compared(contract: Contract) -> None:
    kept_back = {column.name for column in contract.columns if column.personal and not column.compared}
    assert {staged_name(column) for column in staged_columns(contract)} & kept_back == set()


@EACH_LEDGER
def test_every_compared_column_and_every_total_goes_beyond_raw(contract: Contract) -> None:
    assert {*contract.compared, *contract.totalled} <= set(staged_columns(contract))


def test_phones_and_accounts_go_beyond_raw_as_surrogate_keys_only() -> None:
    staged = {
        staged_name(column)
        for contract in contracts().values()
        for column in staged_columns(contract)
        if column.kind in ("phone", "account")
    }
    assert staged == {"phone_key", "account_key"}
