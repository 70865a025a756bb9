"""What the demo county hands in: files as clerks write them, and the same ones for the same seed."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from taizhang.contract import contracts
from taizhang.demo import write_demo
from taizhang.demo.figures import FEWEST_PEOPLE
from taizhang.sheet import ZIP_MAGIC, Sheet, read_sheets

PEOPLE = 1000
"""Enough for a clerk of every kind."""


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return _files(tmp_path_factory.mktemp("demo"), PEOPLE)


@pytest.fixture(scope="module")
def sheets(handed_in: dict[str, bytes]) -> list[Sheet]:
    return [sheet for name, content in handed_in.items() if name != "truth.json" for sheet in read_sheets(content)]


def test_clerks_hand_in_workbooks_old_and_new_and_text_in_two_encodings(handed_in: dict[str, bytes]) -> None:
    kinds = {_kind(content) for name, content in handed_in.items() if name != "truth.json"}
    assert kinds == {"xlsx", "xls", "UTF-8", "GBK"}


def test_sheets_have_titles_merged_cells_and_a_row_of_totals(sheets: list[Sheet]) -> None:
    assert any(sheet.merged for sheet in sheets)
    texts = [set(_texts(sheet.cells)) for sheet in sheets]
    for words in ("洞口县", "台账", "合计"):
        assert 0 < sum(any(words in text for text in of_sheet) for of_sheet in texts) < len(sheets), words


@pytest.mark.parametrize("ledger", contracts())
def test_clerks_spell_a_heading_as_they_like(ledger: str, sheets: list[Sheet]) -> None:
    (id_no,) = (column for column in contracts()[ledger].columns if column.name == "id_no")
    written = {text.strip("*") for sheet in sheets for text in _texts(sheet.cells.head(5))}
    assert len(written & set(id_no.headers)) > 2


def test_the_same_seed_hands_in_the_same_files(tmp_path: Path) -> None:
    assert _files(tmp_path / "once", FEWEST_PEOPLE) == _files(tmp_path / "again", FEWEST_PEOPLE)


def _files(folder: Path, people: int) -> dict[str, bytes]:
    write_demo(folder, people=people)
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _kind(content: bytes) -> str:
    if content.startswith(ZIP_MAGIC):
        return "xlsx"
    if content.startswith(b"\xd0\xcf"):
        return "xls"
    try:
        content.decode()
    except UnicodeDecodeError:
        content.decode("gbk")
        return "GBK"
    return "UTF-8"


def _texts(cells: pl.DataFrame) -> Iterator[str]:
    for column in cells.iter_columns():
        yield from column.drop_nulls()
