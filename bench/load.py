"""Loading the inbox, beside reading every cell as text and copying it into tables without types, keys or checks."""

import io
from datetime import date
from pathlib import Path
from typing import Any, LiteralString

import polars as pl
from psycopg import sql
from python_calamine import CalamineWorkbook

from bench.ratio import Ratio, side_by_side
from taizhang.division import children, county
from taizhang.inbox import all_dated_folders, find_files
from taizhang.load import load_folder
from taizhang.sheet import ZIP_MAGIC, read_sheets
from taizhang.warehouse import connect

_EMPTY: LiteralString = """
truncate raw.extract, raw.employment, raw.training, raw.subsidy, raw.rejected_row, raw.problem restart identity cascade;
drop schema if exists plain cascade;
create schema plain
"""


def measure(inbox: Path) -> Ratio:
    night_date = all_dated_folders(inbox)[-1][1]
    return side_by_side(
        "load",
        lambda: _ours(inbox, night_date),
        lambda: _plain(inbox, night_date),
        "read as text and COPY",
        bound=2,
        rounds=1,
    )


def _ours(inbox: Path, night_date: date) -> None:
    with connect() as connection:
        connection.execute(_EMPTY)
    for division in (county(), *children(county().code)):
        load_folder(1, division.code, inbox=inbox, night_date=night_date)


def _plain(inbox: Path, night_date: date) -> None:
    for division in (county(), *children(county().code)):
        for received in find_files(inbox, division, night_date):
            for frame in _frames(received.path.read_bytes()):
                _copy(frame)


def _frames(content: bytes) -> list[pl.DataFrame]:
    if not content.startswith(ZIP_MAGIC):
        return [sheet.cells for sheet in read_sheets(content)]
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return [_frame(workbook.get_sheet_by_name(name).to_python()) for name in workbook.sheet_names]


def _frame(rows: list[list[Any]]) -> pl.DataFrame:
    columns = zip(*rows, strict=True)
    return pl.DataFrame([pl.Series(f"{n}", cells, dtype=pl.String, strict=False) for n, cells in enumerate(columns)])


def _copy(frame: pl.DataFrame) -> None:
    columns = sql.SQL(", ").join(sql.Identifier(name) for name in frame.columns)
    types = sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(name)) for name in frame.columns)
    table = sql.Identifier("plain", f"of_{frame.width}")
    with connect() as connection:
        connection.execute(sql.SQL("create table if not exists {} ({})").format(table, types))
        statement = sql.SQL("copy {} ({}) from stdin (format csv)").format(table, columns)
        with connection.cursor().copy(statement) as copy:
            copy.write(frame.write_csv(include_header=False))
