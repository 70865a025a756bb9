"""An extract: one file that one division hands in for one ledger, read into typed rows, rejected rows and problems.

No database is needed: the night and `taizhang check` read a file in the same way.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, reduce
from itertools import groupby

import polars as pl
from xlsxwriter.utility import xl_col_to_name

from taizhang.clean import Cell, Cleaned, clean
from taizhang.contract import Column, Contract
from taizhang.division import OFFICE_SUFFIX, Division, children, county, names_within
from taizhang.header import Header, HeaderError, find_header, period_of
from taizhang.rules import RULES
from taizhang.sheet import Sheet, UnreadableFileError, read_sheets

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
_FOOTER = (
    r"^(合计|小计|总计|共计|填报人|制表人?|填表人?|审核人?|经办人|负责人|单位负责人|填报单位|填报日期|联系人|说明|注)"
    r"([:：].*|$|\d.*)"
)
_SHORTEST_ID = 15
_POLARS_TYPE = {"boolean": pl.Boolean, "date": pl.Date, "integer": pl.Int64, "numeric(14,2)": pl.Float64}


@dataclass(frozen=True)
class Extract:
    """Rows of one ledger and period in one file.

    `accepted` has `sheet`, `row_number` (the sheet's own, from 1), `extra` (JSON of what the contract does not
    know) and the contract's raw columns; `rejected` has `sheet`, `row_number` and `cells` (JSON of every cell by
    its header); `problems` follows `PROBLEM_SCHEMA`. Every row read is in exactly one of the first two.
    """

    ledger: str
    period: date
    accepted: pl.DataFrame
    rejected: pl.DataFrame
    problems: pl.DataFrame
    unknown_headers: tuple[str, ...]

    @property
    def rows_read(self) -> int:
        return self.accepted.height + self.rejected.height


@dataclass(frozen=True)
class File:
    """What a file holds: its extracts, and problems that belong to none (of the file, or of a sheet left aside)."""

    extracts: tuple[Extract, ...]
    problems: pl.DataFrame


def read_file(content: bytes, division: Division, extract_date: date) -> File:
    """Read every ledger in a file that `division` handed in on `extract_date`.

    A file that cannot be taken as a whole has no extracts and a problem of severity `error`.
    """
    try:
        sheets = read_sheets(content)
        parts = [_read_sheet(sheet, division, extract_date) for sheet in sheets if sheet.visible]
    except UnreadableFileError as problem:
        label = problem.label if isinstance(problem, HeaderError) else ""
        return File((), _file_problem(problem.rule, label=label))
    extracts = tuple(_merged(part for part in parts if part))
    if not extracts:
        return File((), _file_problem("ledger_unknown"))
    if not any(extract.rows_read for extract in extracts):
        return File((), _file_problem("file_empty"))
    aside = [
        _file_problem("sheet_unrecognised" if sheet.visible else "sheet_hidden", sheet.name)
        for sheet, read in _with_parts(sheets, parts)
        if not read and (sheet.cells.height or not sheet.visible)
    ]
    return File(extracts, pl.concat([pl.DataFrame(schema=PROBLEM_SCHEMA), *aside]))


def _with_parts(sheets: list[Sheet], parts: Sequence[Extract | None]) -> Iterator[tuple[Sheet, Extract | None]]:
    remaining = iter(parts)
    for sheet in sheets:
        yield sheet, next(remaining) if sheet.visible else None


def _merged(parts: Iterator[Extract]) -> Iterator[Extract]:
    """Sheets of the same ledger and period are one extract."""

    def identity(extract: Extract) -> tuple[str, date]:
        return extract.ledger, extract.period

    for _, same in groupby(sorted(parts, key=identity), identity):
        yield reduce(
            lambda one, other: Extract(
                one.ledger,
                one.period,
                pl.concat([one.accepted, other.accepted]),
                pl.concat([one.rejected, other.rejected]),
                pl.concat([one.problems, other.problems]),
                (*one.unknown_headers, *other.unknown_headers),
            ),
            same,
        )


def _file_problem(rule_id: str, value: str | None = None, label: str = "") -> pl.DataFrame:
    rule = RULES[rule_id]
    message = rule.message.format(value=value or "", label=label)
    row = {"rule": rule_id, "severity": rule.severity, "value": value or label or None, "message": message}
    return pl.DataFrame([row], schema=PROBLEM_SCHEMA)


def _read_sheet(sheet: Sheet, division: Division, extract_date: date) -> Extract | None:
    header = find_header(sheet)
    if header is None:
        return None
    rows = _data_rows(sheet, header)
    columns = _cleaned_columns(rows, header, division)
    typed, flags = _evaluate(rows, columns, header.contract)
    errors = [name for name in flags.columns if RULES[name.split("|")[1]].severity == "error"]
    is_rejected = flags.select(pl.any_horizontal(errors) if errors else pl.lit(False)).to_series()
    where = (pl.lit(sheet.name).alias("sheet"), pl.col("row_number"))
    return Extract(
        ledger=header.contract.ledger,
        period=period_of(header, sheet.name, extract_date),
        accepted=typed.with_columns(_extra(rows, flags, header))
        .filter(~is_rejected)
        .select(*where, pl.exclude("row_number")),
        rejected=rows.filter(is_rejected).select(*where, cells=_as_json(_headings(sheet, header))),
        problems=pl.concat([_problems(sheet, header, rows, flags), *_unknown_header_problems(sheet, header)]),
        unknown_headers=tuple(header.unknown.values()),
    )


def _data_rows(sheet: Sheet, header: Header) -> pl.DataFrame:
    """The records below the header: merged cells filled, number masks added, blank and footer rows left out."""
    numbers = [
        sheet.is_number(position).alias(f"{position}#")
        for position, column in header.columns.items()
        if column.kind in ("id_number", "date")
    ]
    cells = _filled_merges(sheet, header).with_columns(numbers).with_row_index("row_number", 1)
    names = [position for position, column in header.columns.items()]
    numbered = [position for position, column in header.columns.items() if column.name == "id_no"]
    first = pl.coalesce(pl.col(sheet.cells.columns))
    is_footer = pl.all_horizontal(pl.col(numbered).fill_null("").str.len_chars() < _SHORTEST_ID) & (
        pl.any_horizontal(pl.col(sheet.cells.columns).str.replace_all(r"\s", "").str.contains(_FOOTER))
    )
    is_blank = pl.all_horizontal(pl.col(names).is_null()) & first.is_null()
    return (
        cells.slice(header.row + 1)
        .filter(~(is_footer.fill_null(value=False)) & ~is_blank)
        .with_columns(pl.col("row_number").cast(pl.Int64))
    )


def _filled_merges(sheet: Sheet, header: Header) -> pl.DataFrame:
    """A merged range below the header holds its value in its first cell only: give it to every row it covers."""
    covered: dict[str, list[int]] = {}
    for (top, left), (bottom, _) in sheet.merged:
        if bottom > top > header.row and str(left) in header.columns:
            covered.setdefault(str(left), []).extend(range(top + 1, bottom + 1))
    if not covered:
        return sheet.cells
    index = pl.int_range(pl.len())
    return sheet.cells.with_columns(
        pl.when(index.is_in(rows)).then(pl.col(position).forward_fill()).otherwise(pl.col(position)).alias(position)
        for position, rows in covered.items()
    )


def _cleaned_columns(rows: pl.DataFrame, header: Header, division: Division) -> list[tuple[Column, Cleaned]]:
    """Each known column of the sheet, and the divisions that its folder tells, with what became of it."""
    cleaned = [
        (column, clean(_cell(rows, position, column, header)))
        for position, column in header.columns.items()
        if column.kind not in ("township", "village")
    ]
    return cleaned + _divisions(rows, header, division)


def _cell(rows: pl.DataFrame, position: str, column: Column, header: Header) -> Cell:
    mask = f"{position}#"
    return Cell(
        text=pl.lit(rows[position]),
        is_number=pl.lit(rows[mask]) if mask in rows.columns else pl.lit(False),
        column=column,
        scale=10_000 if position in header.in_ten_thousands else 1,
    )


def _divisions(rows: pl.DataFrame, header: Header, division: Division) -> list[tuple[Column, Cleaned]]:
    position_of = {column.name: position for position, column in header.columns.items()}
    own_township = {"county": None, "township": division.code, "village": division.parent_code}[division.level]
    own_village = division.code if division.level == "village" else None
    township = _texts(rows, position_of.get("township_code"))
    township_code = _resolved(township, pl.lit(""), _township_codes())
    inside = pl.coalesce(township_code, pl.lit(own_township, dtype=pl.String))
    village = _texts(rows, position_of.get("village_code"))
    village_code = _resolved(village, inside, _village_codes())
    return [
        (
            header.contract.column("township_code"),
            Cleaned(
                inside,
                {
                    "township_unknown": township.is_not_null() & township_code.is_null(),
                    "township_elsewhere": _differs(township_code, own_township),
                },
            ),
        ),
        (
            header.contract.column("village_code"),
            Cleaned(
                pl.coalesce(village_code, pl.lit(own_village, dtype=pl.String)),
                {
                    "village_unknown": village.is_not_null() & village_code.is_null(),
                    "village_elsewhere": _differs(village_code, own_village),
                },
            ),
        ),
    ]


def _texts(rows: pl.DataFrame, position: str | None) -> pl.Expr:
    return pl.lit(rows[position]) if position else pl.lit(pl.Series([None] * rows.height, dtype=pl.String))


def _resolved(text: pl.Expr, inside: pl.Expr, codes: dict[str, str]) -> pl.Expr:
    """Codes of the divisions that a column names: as it is written, or else without the name of an office."""
    bare = text.str.replace_all(r"\s", "")
    spellings = bare, bare.str.replace(OFFICE_SUFFIX, "")
    found = [
        pl.concat_str(inside, pl.lit("|"), spelling).replace_strict(codes, default=None, return_dtype=pl.String)
        for spelling in spellings
    ]
    return pl.lit(pl.select(pl.coalesce(found)).to_series())


def _differs(code: pl.Expr, own: str | None) -> pl.Expr:
    return code != own if own else pl.lit(False)


@cache
def _township_codes() -> dict[str, str]:
    return {f"|{name}": code for name, code in names_within(county().code).items()}


@cache
def _village_codes() -> dict[str, str]:
    return {
        f"{township.code}|{name}": code
        for township in children(county().code)
        for name, code in names_within(township.code).items()
    }


def _evaluate(
    rows: pl.DataFrame, columns: list[tuple[Column, Cleaned]], contract: Contract
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The typed rows (`row_number` and every raw column) and, per column and rule, where the rule is broken."""
    values: dict[str, pl.Expr] = {}
    flags: list[pl.Expr] = []
    for column, cleaned in columns:
        values[column.name] = cleaned.value
        if cleaned.precision is not None:
            values[f"{column.name}_precision"] = cleaned.precision
        broken = {rule: condition.fill_null(value=False) for rule, condition in cleaned.broken.items()}
        if column.required or column.name in ("township_code", "village_code"):
            broken["required_missing"] = cleaned.value.is_null() & ~pl.any_horizontal(broken.values())
        flags += [condition.alias(f"{column.name}|{rule}") for rule, condition in broken.items()]
    typed = rows.select(
        "row_number",
        *(
            values.get(name, pl.lit(None)).cast(_POLARS_TYPE.get(sql_type, pl.String)).alias(name)
            for name, sql_type in contract.raw_columns.items()
        ),
    )
    found = rows.select(flags)
    return typed, found.select(name for name in found.columns if found[name].any())


def _headings(sheet: Sheet, header: Header) -> dict[str, str]:
    """A heading for every column of the sheet, as the clerk wrote it; a blank or repeated one gets its letter."""
    texts = sheet.cells.row(header.row, named=True)
    headings: dict[str, str] = {}
    for position in sheet.cells.columns:
        heading = texts[position] or xl_col_to_name(int(position))
        headings[position] = (
            heading if heading not in headings.values() else f"{heading} {xl_col_to_name(int(position))}"
        )
    return headings


def _as_json(headings: dict[str, str]) -> pl.Expr:
    return pl.struct(pl.col(position).alias(heading) for position, heading in headings.items()).struct.json_encode()


def _extra(rows: pl.DataFrame, flags: pl.DataFrame, header: Header) -> pl.Series:
    """JSON of what the raw columns cannot hold: unknown columns, and the text of codes that are in no list."""
    unmapped = {name.split("|")[0] for name in flags.columns if name.endswith("|code_unmapped")}
    kept = dict(header.unknown) | {p: c.label for p, c in header.columns.items() if c.name in unmapped}
    if not kept:
        return pl.Series("extra", [None] * rows.height, dtype=pl.String)
    return rows.select(_as_json(kept).alias("extra")).to_series()


def _problems(sheet: Sheet, header: Header, rows: pl.DataFrame, flags: pl.DataFrame) -> pl.DataFrame:
    position_of = {column.name: position for position, column in header.columns.items()}
    found = [pl.DataFrame(schema=PROBLEM_SCHEMA)]
    for flag in flags.columns:
        column_name, rule_id = flag.split("|")
        rule, column = RULES[rule_id], header.contract.column(column_name)
        position = position_of.get(column_name)
        letter = xl_col_to_name(int(position)) if position else None
        value = pl.col(position) if position else pl.lit(None, dtype=pl.String)
        found.append(
            rows.filter(flags[flag]).select(
                pl.lit(sheet.name).alias("sheet"),
                "row_number",
                pl.lit(column_name).alias("column_name"),
                pl.format("{}{}", pl.lit(letter), "row_number").alias("cell"),
                pl.lit(rule_id).alias("rule"),
                pl.lit(rule.severity).alias("severity"),
                value.alias("value"),
                _filled_in(rule.message.replace("{label}", column.label), value).alias("message"),
            )
        )
    return pl.concat(found).sort("row_number", maintain_order=True)


def _filled_in(template: str, value: pl.Expr) -> pl.Expr:
    before, _, after = template.partition("{value}")
    return pl.concat_str(pl.lit(before), value.fill_null("") if "{value}" in template else pl.lit(""), pl.lit(after))


def _unknown_header_problems(sheet: Sheet, header: Header) -> Iterator[pl.DataFrame]:
    for position, text in header.unknown.items():
        yield _file_problem("header_unknown", text).with_columns(
            pl.lit(sheet.name).alias("sheet"),
            pl.lit(header.row + 1, dtype=pl.Int64).alias("row_number"),
            pl.lit(f"{xl_col_to_name(int(position))}{header.row + 1}").alias("cell"),
        )
