"""Problems as they are told: where, which rule, and the sentence for the clerk."""

from collections.abc import Collection, Iterator

import polars as pl
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from taizhang.extract.part import Part
from taizhang.period import FILE_NAME, Stated, told
from taizhang.rules import RULES

PROBLEM_SCHEMA = {
    "sheet": pl.String,
    "row_number": pl.Int64,
    "column_name": pl.String,
    "cell": pl.String,
    "rule": pl.String,
    "severity": pl.String,
    "value": pl.String,
    "message": pl.String,
}


def file_problem(rule_id: str, value: str | None = None, sheet: str | None = None, **told: str) -> pl.DataFrame:
    """A problem (see `PROBLEM_SCHEMA`) of a file or a sheet as a whole; `told` fills placeholders of its message."""
    rule = RULES[rule_id]
    message = rule.message.format(value=value, **told)
    row = {"sheet": sheet, "rule": rule_id, "severity": rule.severity, "value": value, "message": message}
    return pl.DataFrame([row], schema=PROBLEM_SCHEMA)


def cell_problems(parts: list[Part], findings: pl.DataFrame) -> pl.DataFrame:
    """The findings of `taizhang.validate` with the cells that they are of, by `part`."""
    letters = pl.DataFrame(
        [(number, name, letter) for number, part in enumerate(parts) for name, letter in part.letters.items()],
        schema={"part": pl.UInt32, "column_name": pl.String, "letter": pl.String},
        orient="row",
    )
    return (
        findings.join(letters, on=("part", "column_name"), how="left", maintain_order="left")
        .with_columns(pl.concat_str("letter", "row_number").alias("cell"))
        .select("part", *PROBLEM_SCHEMA)
    )


def header_problems(part: Part, headless: Collection[str]) -> Iterator[pl.DataFrame]:
    """A problem for each column that the contract does not know, and for those of `headless`, which have no heading."""
    row = part.header.row + 1
    nameless = {position: f"{xl_col_to_name(int(position))}（没有表头）" for position in headless}
    for position, text in (part.header.unknown | nameless).items():
        yield file_problem("header_unknown", text).with_columns(
            pl.lit(part.sheet).alias("sheet"),
            pl.lit(row, dtype=pl.Int64).alias("row_number"),
            pl.lit(f"{xl_col_to_name(int(position))}{row}").alias("cell"),
        )


def struck_problems(part: Part, cells: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """A problem for each record of the part in which something is struck out, at its first such cell."""
    if not part.struck:
        return
    places = [(row + 1, xl_rowcol_to_cell(*place)) for row, place in part.struck.items()]
    where = pl.LazyFrame(places, schema={"row_number": pl.Int64, "cell": pl.String}, orient="row")
    records = cells.filter(pl.col("footer").is_null())
    told = file_problem("row_struck", sheet=part.sheet).lazy().drop("row_number", "cell")
    found = where.join(records, on="row_number", how="semi").join(told, how="cross")
    yield found.select(*PROBLEM_SCHEMA).collect()


def period_problems(parts: list[Part]) -> Iterator[pl.DataFrame]:
    """A problem for each text of a file that names another month (or year) than its ledger is taken for.

    A file may have a sheet for each month: its own name is another only where it is that of none, and is told once.
    """
    named = {part.header.contract.ledger for part in parts if not any(map(_is_files_name, part.period.others))}
    differing = dict.fromkeys(
        (
            None if _is_files_name(other) else part.sheet or None,
            other,
            part.period.where,
            told(part.header.contract, part.period.start),
        )
        for part in parts
        for other in part.period.others
        if not (_is_files_name(other) and part.header.contract.ledger in named)
    )
    for sheet, other, where, period in differing:
        yield file_problem("period_differs", str(other), sheet, label=other.where, where=where, period=period)


def _is_files_name(stated: Stated) -> bool:
    return stated.where == FILE_NAME
