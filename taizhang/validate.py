"""Records against their contract: text in, typed rows and problems out.

Records of many sheets are validated together, because what an expression costs is its planning and not its
rows; `part` tells which sheet a row is of, `file` which file.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import polars as pl

from taizhang.clean import CLEANERS, clean, is_ditto, without_fraction
from taizhang.consistency import contradictions, without_nothing_earned
from taizhang.contract import Column, Contract
from taizhang.division import NOT_NAMED, OFFICE_SUFFIX, children, county, names_within
from taizhang.rules import RULES

_POLARS_TYPE = {"boolean": pl.Boolean(), "date": pl.Date(), "integer": pl.Int64(), "numeric(14,2)": pl.Float64()}
_ROUNDING = 0.005  # yuan
_QUOTED = 100
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

    Each row says of what `part` it is, of what `file` and `period`, on which day it was `handed_in_on`, and by which
    divisions: `own_township` and `own_village`. `in_ten_thousands` names the columns whose header says 万元.
    """
    written = [column for column in contract.columns if column.name in records.columns]
    cleaned = clean(records, [column for column in written if column.kind in CLEANERS], in_ten_thousands)
    cleaned = _advised(without_nothing_earned(cleaned), contract).hstack(_divisions(records).get_columns())
    typed = _typed(records, cleaned, contract)
    flags = _flags(records, typed, cleaned, contract)
    is_rejected = _any(flags, _errors(flags.columns), records.height)
    is_record = records["footer"].is_null()
    return Validated(
        typed.with_columns(is_rejected.alias("is_rejected")).filter(is_record),
        pl.concat([*_findings(records, flags, contract), *_wrong_totals(records, typed, flags, contract)])
        .sort("part", "row_number", maintain_order=True)
        .collect(),
    )


def _advised(cleaned: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """Whatever is wrong in a column that only repeats another is told as one warning."""
    for column in contract.columns:
        told = [name for name in cleaned.columns if column.advisory and name.startswith(f"{column.name}|")]
        if told:
            unread = pl.any_horizontal(told).alias(f"{column.name}|advisory_unread")
            cleaned = cleaned.with_columns(unread).drop(told)
    return cleaned


def _divisions(records: pl.DataFrame) -> pl.DataFrame:
    """Township and village (in the form of `clean`): as the row names them, else those whose extract it is."""
    records = _parted(records)
    township, village = _text(records, "township_code"), _text(records, "village_code")
    township_code, village_code = pl.col("#township"), pl.col("#village")
    return (
        records.with_columns(_resolved(township, pl.lit(""), _township_codes()).alias("#township"))
        .with_columns(pl.coalesce("#township", "own_township").alias("#inside"))
        .with_columns(_resolved(village, pl.col("#inside"), _village_codes()).alias("#village"))
        .select(
            pl.col("#inside").alias("township_code"),
            is_ditto(township).alias("township_code|value_ditto"),
            (township.is_not_null() & ~is_ditto(township) & township_code.is_null()).alias(
                "township_code|township_unknown"
            ),
            (township_code != pl.col("own_township")).alias("township_code|township_elsewhere"),
            pl.coalesce(village_code, "own_village").alias("village_code"),
            is_ditto(village).alias("village_code|value_ditto"),
            (village.is_not_null() & ~is_ditto(village) & village_code.is_null()).alias("village_code|village_unknown"),
            (village_code != pl.col("own_village")).alias("village_code|village_elsewhere"),
        )
    )


def _parted(records: pl.DataFrame) -> pl.DataFrame:
    """The records, 洞口县高沙镇云峰村 parted into township and village where no other cell names the township."""
    is_whole = _text(records, "village_code").str.contains(_whole_name())
    if not records.select(is_whole.any()).item():
        return records
    township = _text(records, "township_code")
    names = pl.col("village_code").str.replace_all(r"\s", "").str.extract_groups(_whole_name())
    is_parted = township.is_null() & is_whole
    return records.with_columns(
        pl.when(is_parted).then(names.struct["township"]).otherwise(township).alias("township_code"),
        pl.when(is_parted).then(names.struct["village"]).otherwise("village_code").alias("village_code"),
    )


@cache
def _whole_name() -> str:
    names = [township.name for township in children(county().code)]
    spellings = "|".join([*names, *(name.replace("瑶族乡", "乡") for name in names if name.endswith("瑶族乡"))])
    above = rf"(?:\p{{Han}}{{2,3}}省)?(?:\p{{Han}}{{2,3}}市)?(?:{county().name})?"
    return rf"^\s*{above}(?<township>{spellings})(?<village>.+)$"


def _text(records: pl.DataFrame, column: str) -> pl.Expr:
    return pl.col(column) if column in records.columns else pl.lit(None, pl.String)


def _resolved(text: pl.Expr, inside: pl.Expr, codes: dict[str, str]) -> pl.Expr:
    """Codes of the divisions that a column names: as it is written, or else without the name of an office."""
    bare = text.str.replace_all(NOT_NAMED, "")
    spellings = bare, bare.str.replace(OFFICE_SUFFIX, "")
    return pl.coalesce(
        pl.concat_str(inside, pl.lit("|"), spelling).replace_strict(codes, default=None, return_dtype=pl.String)
        for spelling in spellings
    )


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


def _typed(records: pl.DataFrame, cleaned: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    values = (pl.col(name) if name in cleaned.columns else pl.lit(None).alias(name) for name in contract.raw_columns)
    types = pl.Schema({name: _POLARS_TYPE.get(sql, pl.String()) for name, sql in contract.raw_columns.items()})
    return records.select("part", "row_number").hstack(cleaned.select(values).cast(types).get_columns())


def _flags(records: pl.DataFrame, typed: pl.DataFrame, cleaned: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """A mask for each `column|rule` that some record breaks."""
    facts = cleaned.select(pl.col("^.*\\|.*$")).hstack(typed.get_columns())
    facts = facts.hstack(records.select("file", "period", "handed_in_on", "footer").get_columns())
    broken = {name: pl.col(name) for name in cleaned.columns if "|" in name}
    broken |= dict(_missing(cleaned, contract))
    broken |= contradictions(facts, contract, written=set(records.columns))
    is_record = pl.col("footer").is_null()
    masks = facts.select((mask.fill_null(value=False) & is_record).alias(name) for name, mask in broken.items())
    is_broken = masks.select(pl.all().any()).row(0, named=True)
    return masks.select(name for name, any_broken in is_broken.items() if any_broken)


def _missing(cleaned: pl.DataFrame, contract: Contract) -> Iterator[tuple[str, pl.Expr]]:
    """Where a required cell is empty, be it that what is written cannot be taken, and its row is not refused for it."""
    for column in contract.columns:
        if column.name in cleaned.columns and (column.required or column.kind in ("township", "village")):
            told = _errors(cleaned.columns, column)
            is_told = pl.any_horizontal(pl.lit(value=False), *(pl.col(name).fill_null(value=False) for name in told))
            yield f"{column.name}|required_missing", pl.col(column.name).is_null() & ~is_told


def _errors(names: Iterable[str], column: Column | None = None) -> list[str]:
    """Of names as `column|rule`, and others, those (of that column) whose rule rejects a row."""
    parts = (name.split("|") for name in names if "|" in name)
    wanted = (part for part in parts if column is None or part[0] == column.name)
    return ["|".join(part) for part in wanted if RULES[part[1]].severity == "error"]


def _any(flags: pl.DataFrame, names: list[str], height: int) -> pl.Series:
    if not names:
        return pl.repeat(False, height, dtype=pl.Boolean, eager=True)
    return flags.select(pl.any_horizontal(names)).to_series()


def _findings(records: pl.DataFrame, flags: pl.DataFrame, contract: Contract) -> Iterator[pl.LazyFrame]:
    yield pl.LazyFrame(schema=_FINDING_SCHEMA)
    if not flags.width:
        return
    told = records.hstack(flags.get_columns()).filter(pl.any_horizontal(flags.columns)).lazy()
    for flag in flags.columns:
        column_name, rule_id = flag.split("|")
        value = _shown(pl.col(column_name)) if column_name in records.columns else pl.lit(None, dtype=pl.String)
        yield _finding(told.filter(flag), contract.column(column_name), rule_id, value)


def _shown(text: pl.Expr) -> pl.Expr:
    """A cell as it looks: a workbook gives a whole number a fraction, and a day an hour, that it does not show."""
    return without_fraction(text).str.replace(r"^(\d{4}-\d\d-\d\d) 00:00:00$", "$1")


def _finding(rows: pl.LazyFrame, column: Column, rule_id: str, value: pl.Expr, **told: pl.Expr) -> pl.LazyFrame:
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
        _quoted(values[piece].fill_null("")) if number % 2 else pl.lit(piece) for number, piece in enumerate(pieces)
    )


def _quoted(value: pl.Expr) -> pl.Expr:
    """A value as a message quotes it: a cell of a workbook holds 32,767 characters, which a message then would not."""
    return pl.when(value.str.len_chars() > _QUOTED).then(value.str.head(_QUOTED) + "…").otherwise(value)


def _wrong_totals(
    records: pl.DataFrame, typed: pl.DataFrame, flags: pl.DataFrame, contract: Contract
) -> Iterator[pl.LazyFrame]:
    """Totals that a sheet states against the sums of its records; not where one of them could not be read."""
    if not records["total"].is_not_null().any():
        return
    is_record = records["footer"].is_null().alias("is_record")
    facts = typed.hstack([records["total"], is_record, *records.select(*_told_in_words()).get_columns()])
    yield from _wrong_counts(facts, contract)
    for column in _added_up(contract):
        in_doubt = typed["part"].filter(_any(flags, _errors(flags.columns, column), records.height))
        is_sure = ~pl.col("part").is_in(in_doubt.implode())
        is_payment = column.kind == "money" and column.totalled
        stated = pl.coalesce(column.name, *(["amount told"] if is_payment else []))
        told = _summed(facts.filter(is_sure), stated, pl.col(column.name)).pipe(_differing, _ROUNDING)
        yield _finding(told, column, "total_differs", _number("stated"), expected=_number("expected"))


def _told_in_words() -> Iterator[pl.Expr]:
    """The people and the yuan of a total that one cell tells: 合计：2人，900元."""
    footer = pl.when(pl.col("total").is_not_null()).then("footer")
    people = footer.str.extract(r"(?m)(?:计[:：]?\s*|^\s*)共?(\d+)\s*人次?(?:[,，、;；。\s]|$)")
    yield people.cast(pl.Int64, strict=False).alias("people told")
    amount = footer.str.extract_groups(r"(?<whole>\d{1,3}(?:,\d{3})+|\d+)(?<rest>\.\d+)?\s*(?<unit>万?)元")
    yuan = pl.concat_str(amount.struct["whole"].str.replace_all(",", ""), amount.struct["rest"].fill_null(""))
    scale = pl.when(amount.struct["unit"] == "万").then(10_000).otherwise(1)
    yield (yuan.cast(pl.Float64, strict=False) * scale).alias("amount told")


def _wrong_counts(facts: pl.DataFrame, contract: Contract) -> Iterator[pl.LazyFrame]:
    """Totals of people that are neither so many rows nor so many persons."""
    persons = facts.filter("is_record").group_by("part").agg(pl.col("id_no").n_unique().alias("persons"))
    counted = _summed(facts, pl.col("people told"), pl.lit(1)).join(persons, on="part", how="left")
    told = counted.filter(pl.col("stated") != pl.col("persons").fill_null(0)).pipe(_differing, 0)
    people = (pl.concat_str(pl.col(name).cast(pl.Int64), pl.lit("人")) for name in ("stated", "expected"))
    yield _finding(told, contract.column("name"), "total_differs", next(people), expected=next(people))


def _added_up(contract: Contract) -> Iterator[Column]:
    """The columns whose cells make a sum, as amounts and months do, and ages do not."""
    return (column for column in contract.columns if column.kind in ("money", "integer") and not column.advisory)


def _summed(facts: pl.DataFrame, stated: pl.Expr, counted: pl.Expr) -> pl.DataFrame:
    """What totals have `stated`, beside the sums of what is counted in the records of their sheet.

    `sum` is that of all, `until` of those above, `since` of those below the last total that is no part of this one.
    """
    recorded = pl.when("is_record").then(counted).fill_null(0)
    totals = (
        facts.with_columns(recorded.sum().over("part").alias("sum"), recorded.cum_sum().over("part").alias("until"))
        .filter(pl.col("total").is_not_null())
        .with_columns(stated.alias("stated"))
    )
    before = [
        pl.when(pl.col("total") >= level).then("until").forward_fill().shift(1).over("part").fill_null(0)
        for level in (1, 2, 3)
    ]
    since = [pl.when(pl.col("total") == level).then(pl.col("until") - before[level - 1]) for level in (1, 2, 3)]
    return totals.with_columns(pl.coalesce(since).alias("since"))


def _differing(totals: pl.DataFrame, by: float) -> pl.LazyFrame:
    """Totals that differ by more than so much from each sum that may be meant, beside the likeliest."""
    is_off = [(pl.col("stated") - pl.col(meant)).abs() > by for meant in ("sum", "until", "since")]
    likeliest = pl.when(pl.col("since") != 0).then("since").otherwise("sum")
    return totals.filter(*is_off).with_columns(likeliest.alias("expected")).lazy()


def _number(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.String).str.strip_suffix(".0")
