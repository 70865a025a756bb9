"""`docs/rules.md` is what the code does."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from taizhang.clean import clean
from taizhang.contract import contracts
from taizhang.division import county, find_within
from taizhang.rules import NORMALISATIONS, RULES, Normalisation, Rule
from taizhang.rules_page import PAGE, main, render
from taizhang.sheet import read_sheets

COLUMNS = [column for contract in contracts().values() for column in contract.columns]


def test_the_page_is_current(tmp_path: Path) -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), "run `make contracts`"
    main(tmp_path / "rules.md")
    assert (tmp_path / "rules.md").read_text(encoding="utf-8") == render()


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_rule_is_on_the_page_with_what_a_clerk_reads(rule: Rule) -> None:
    assert f"| `{rule.id}` | {rule.severity} |" in render()
    assert rule.message in render()


@pytest.mark.parametrize("one", NORMALISATIONS, ids=lambda one: one.does)
def test_a_normalisation_does_what_the_page_says(one: Normalisation) -> None:
    if "township" in one.kinds:
        assert find_within(county().code, one.written).code == one.kept
        return
    cells = read_sheets(f'x,"{one.written}"\n'.encode())[0].cells["1"]  # trimmed, as every cell is
    of_kind = [column for column in COLUMNS if column.kind == one.kinds[0]]
    column = next((column for column in of_kind if one.written in column.code_of_spelling), of_kind[0])
    cleaned = clean(pl.DataFrame({column.name: cells}), [column])
    assert as_shown(cleaned[column.name].item()) == one.kept


def as_shown(value: object) -> str | None:
    """A value as the page writes it."""
    match value:
        case None:
            return None
        case bool():
            return str(value).lower()
        case float():
            return f"{value:g}"
        case date():
            return value.isoformat()
        case _:
            return str(value)
