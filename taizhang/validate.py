"""Records against their contract: text in, typed rows and problems out.

Records of many sheets are validated together, because what an expression costs is its planning and not its
rows; `part` tells which sheet a row is of, `file` which file.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import polars as pl

from taizhang.clean import Cell, Cleaned, clean
from taizhang.consistency import contradictions
from taizhang.contract import Column, Contract
from taizhang.division import OFFICE_SUFFIX, children, county, names_within
from taizhang.rules import RULES

_POLARS_TYPE = {"boolean": pl.Boolean, "date": pl.Date, "integer": pl.Int64, "numeric(14,2)": pl.Float64}
_ROUNDING = 0.005  # yuan
_FINDING_SCHEMA = {
    "part": pl.UInt32,
    "row_number": pl.Int64,
    "column_name": pl.String,
    "rule": pl.String,
    "severity": pl.String,
    "value": pl.String,
    "message": pl.String,
}


@dataclass(frozen=True)
class Validated:
    """`typed` has `part`, `row_number`, `is_rejected` and the contract's raw columns, footers left out.

    `findings` has one row for each rule that a cell (or a row, or a total) breaks.
    """

    typed: pl.DataFrame
    findings: pl.DataFrame


def validate(records: pl.DataFrame, contract: Contract, in_ten_thousands: frozenset[str]) -> Validated:
    """Type the records that `taizhang.records.lay_out` gives, of any number of parts, and find what is wrong.

    Beside what `lay_out` gives, each row has its `part`, its `file`, its `period` and the day `handed_in_on`.
    `in_ten_thousands` names the columns whose header says that they are in 万元.
    """
    columns = _cleaned_columns(records, contract, in_ten_thousands) + _divisions(records, contract)
    typed = _typed(records, columns, contract)
    flags = _flags(records, typed, columns, contract)
    errors = [name for name in flags.columns if RULES[name.split("|")[1]].severity == "error"]
    is_rejected = _any(flags, errors, records.height)
    is_record = records["footer"].is_null()
    return Validated(
        typed.with_columns(is_rejected.alias("is_rejected")).filter(is_record),
        pl.concat([_findings(records, flags, contract), *_wrong_totals(records, typed, flags, contract)])
        .sort("part", "row_number", maintain_order=True)
        .rechunk(),
    )


def _cleaned_columns(
    records: pl.DataFrame, contract: Contract, in_ten_thousands: frozenset[str]
) -> list[tuple[Column, Cleaned]]:
    return [
        (column, clean(_cell(records, column, 10_000 if column.name in in_ten_thousands else 1)))
        for column in contract.columns
        if column.name in records.columns and column.kind not in ("township", "village")
    ]


def _cell(records: pl.DataFrame, column: Column, scale: int) -> Cell:
    mask = f"{column.name}#"
    return Cell(
        text=pl.lit(records[column.name]),
        is_number=pl.lit(records[mask]) if mask in records.columns else pl.lit(False),
        column=column,
        scale=scale,
    )


def _divisions(records: pl.DataFrame, contract: Contract) -> list[tuple[Column, Cleaned]]:
    """Township and village: as the row names them, else those whose extract it is."""
    own_township, own_village = pl.lit(records["own_township"]), pl.lit(records["own_village"])
    township, village = _texts(records, "township_code"), _texts(records, "village_code")
    township_code = _resolved(township, pl.lit(""), _township_codes())
    inside = pl.coalesce(township_code, own_township)
    village_code = _resolved(village, inside, _village_codes())
    return [
        (
            contract.column("township_code"),
            Cleaned(
                inside,
                {
                    "township_unknown": township.is_not_null() & township_code.is_null(),
                    "township_elsewhere": township_code != own_township,
                },
            ),
        ),
        (
            contract.column("village_code"),
            Cleaned(
                pl.coalesce(village_code, own_village),
                {
                    "village_unknown": village.is_not_null() & village_code.is_null(),
                    "village_elsewhere": village_code != own_village,
                },
            ),
        ),
    ]


def _texts(records: pl.DataFrame, column: str) -> pl.Expr:
    if column in records.columns:
        return pl.lit(records[column])
    return pl.lit(pl.Series([None] * records.height, dtype=pl.String))


def _resolved(text: pl.Expr, inside: pl.Expr, codes: dict[str, str]) -> pl.Expr:
    """Codes of the divisions that a column names: as it is written, or else without the name of an office."""
    bare = text.str.replace_all(r"\s", "")
    spellings = bare, bare.str.replace(OFFICE_SUFFIX, "")
    found = [
        pl.concat_str(inside, pl.lit("|"), spelling).replace_strict(codes, default=None, return_dtype=pl.String)
        for spelling in spellings
    ]
    return pl.lit(pl.select(pl.coalesce(found)).to_series())


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


def _typed(records: pl.DataFrame, columns: list[tuple[Column, Cleaned]], contract: Contract) -> pl.DataFrame:
    values = {column.name: cleaned.value for column, cleaned in columns}
    values |= {f"{column.name}_precision": c.precision for column, c in columns if c.precision is not None}
    return records.select(
        "part",
        "row_number",
        *(
            values.get(name, pl.lit(None)).cast(_POLARS_TYPE.get(sql_type, pl.String)).alias(name)
            for name, sql_type in contract.raw_columns.items()
        ),
    )


def _flags(
    records: pl.DataFrame, typed: pl.DataFrame, columns: list[tuple[Column, Cleaned]], contract: Contract
) -> pl.DataFrame:
    """A mask for each `column|rule` that some record breaks."""
    is_record = pl.lit(records["footer"]).is_null()
    broken = {f"{column.name}|{rule}": mask for column, c in columns for rule, mask in _broken(column, c).items()}
    of_cells = records.select((mask.fill_null(value=False) & is_record).alias(name) for name, mask in broken.items())
    facts = typed.with_columns(records.select("file", "period", "handed_in_on"))
    between = contradictions(facts, contract, written=set(records.columns))
    of_rows = facts.select((mask.fill_null(value=False) & is_record).alias(name) for name, mask in between.items())
    masks = of_cells.hstack(of_rows.get_columns())
    is_broken = masks.select(pl.all().any()).row(0, named=True)
    return masks.select(name for name, any_broken in is_broken.items() if any_broken)


def _broken(column: Column, cleaned: Cleaned) -> dict[str, pl.Expr]:
    if not column.required and column.name not in ("township_code", "village_code"):
        return cleaned.broken
    is_told = pl.any_horizontal(mask.fill_null(value=False) for mask in cleaned.broken.values())
    return {**cleaned.broken, "required_missing": cleaned.value.is_null() & ~is_told}


def _any(flags: pl.DataFrame, names: list[str], height: int) -> pl.Series:
    if not names:
        return pl.repeat(False, height, dtype=pl.Boolean, eager=True)
    return flags.select(pl.any_horizontal(names)).to_series()


def _findings(records: pl.DataFrame, flags: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    found = [pl.DataFrame(schema=_FINDING_SCHEMA)]
    for flag in flags.columns:
        column_name, rule_id = flag.split("|")
        value = pl.col(column_name) if column_name in records.columns else pl.lit(None, dtype=pl.String)
        found.append(_finding(records.filter(flags[flag]), contract.column(column_name), rule_id, value))
    return pl.concat(found)


def _finding(rows: pl.DataFrame, column: Column, rule_id: str, value: pl.Expr, **told: pl.Expr) -> pl.DataFrame:
    """Findings of one rule; `told` fills further placeholders of its message."""
    rule = RULES[rule_id]
    return rows.select(
        pl.col("part").cast(pl.UInt32),
        "row_number",
        pl.lit(column.name).alias("column_name"),
        pl.lit(rule_id).alias("rule"),
        pl.lit(rule.severity).alias("severity"),
        value.alias("value"),
        _filled_in(rule.message.replace("{label}", column.label), {"value": value, **told}).alias("message"),
    )


def _filled_in(template: str, values: dict[str, pl.Expr]) -> pl.Expr:
    pieces = re.split(r"\{(\w+)\}", template)  # text and placeholders by turns
    return pl.concat_str(
        values[piece].fill_null("") if number % 2 else pl.lit(piece) for number, piece in enumerate(pieces)
    )


def _wrong_totals(
    records: pl.DataFrame, typed: pl.DataFrame, flags: pl.DataFrame, contract: Contract
) -> Iterator[pl.DataFrame]:
    """Totals that a sheet states against the sums of its records; not where one of them could not be read."""
    if not records["is_total"].any():
        return
    stated, summed = typed.filter(records["is_total"]), typed.filter(records["footer"].is_null())
    for column in contract.totalled:
        unread = [name for name in flags.columns if name.startswith(f"{column.name}|")]
        in_doubt = typed["part"].filter(_any(flags, unread, records.height))
        sums = summed.group_by("part").agg(pl.col(column.name).sum().alias("sum"))
        wrong = (
            stated.join(sums, on="part")
            .filter(~pl.col("part").is_in(in_doubt.implode()))
            .filter((pl.col(column.name) - pl.col("sum")).abs() > _ROUNDING)
        )
        yield _finding(wrong, column, "total_differs", _number(column.name), expected=_number("sum"))


def _number(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.String).str.strip_suffix(".0")
