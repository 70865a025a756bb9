"""What a night must find: the breaks between three levels' ledgers, and the cells that were spoilt.

Worked out from the ledgers in memory by the definitions of a break, without the warehouse and its SQL.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import polars as pl

from taizhang.contract import Column
from taizhang.demo.ledger import LEVELS, Ledger, filed_by
from taizhang.division import Level, children
from taizhang.rules import RULES

Values = Mapping[Level, str | None]
_NO_VALUES: Values = dict.fromkeys(LEVELS)


@dataclass(frozen=True)
class Break:
    """A disagreement about one record, or for a total (`key` is empty) about one division."""

    ledger: str
    period: str
    kind: str
    level: Level | None
    division_code: str
    key: Mapping[str, str] = field(default_factory=dict)
    column: str | None = None
    values: Values = field(default_factory=lambda: dict(_NO_VALUES))


def breaks_of(ledger: Ledger) -> list[Break]:
    """Every break of a ledger that all three levels keep; none where one level alone hands it in."""
    if set(ledger.levels) != set(LEVELS):
        return []
    accepted = {level: _accepted(frame) for level, frame in ledger.levels.items()}
    records = _side_by_side(ledger, accepted)
    found = [
        *_missing_or_extra(ledger, records),
        *_differing(ledger, records),
        *(duplicate for level in LEVELS for duplicate in _duplicates(ledger, accepted[level], level, records)),
        *_totals(ledger, accepted),
    ]
    return sorted(found, key=lambda b: (b.kind, b.division_code, b.level or "", *b.key.values(), b.column or ""))


def _accepted(frame: pl.DataFrame) -> pl.DataFrame:
    rejecting = [rule.id for rule in RULES.values() if rule.severity == "error"]
    return frame.filter(~pl.col("fault_rule").is_in(rejecting).fill_null(False))


def _text(column: Column) -> pl.Expr:
    """A value as the warehouse writes it in a break: ISO dates, yuan with two decimals, true or false."""
    value = pl.col(column.name)
    if column.kind == "money":
        return pl.format("{}.{}", value // 100, (value % 100).cast(pl.String).str.zfill(2))
    return value.cast(pl.String)


def _side_by_side(ledger: Ledger, accepted: Mapping[Level, pl.DataFrame]) -> pl.DataFrame:
    """A row a record: whether each level has it, its home village, and `<column>_<level>` in text.

    Of a record that a level has twice the first counts.
    """
    key = list(ledger.contract.key)
    columns = [column for column in ledger.contract.compared if column.name not in key]
    sides = [
        accepted[level]
        .unique(key, keep="first", maintain_order=True)
        .select(
            *key,
            pl.lit(True).alias(f"in_{level}"),
            pl.col("village_code").alias(f"home_{level}"),
            *(_text(column).alias(f"{column.name}_{level}") for column in columns),
        )
        for level in LEVELS
    ]
    joined = sides[0]
    for side in sides[1:]:
        joined = joined.join(side, on=key, how="full", coalesce=True)
    return joined.with_columns(
        *(pl.col(f"in_{level}").fill_null(False) for level in LEVELS),
        home=pl.coalesce(f"home_{level}" for level in LEVELS),
    )


def _missing_or_extra(ledger: Ledger, records: pl.DataFrame) -> Iterable[Break]:
    """Two of three levels have a record: the third lacks it. One alone has it: it has one too many."""
    present = pl.sum_horizontal(f"in_{level}" for level in LEVELS)
    for row in records.filter(present < len(LEVELS)).iter_rows(named=True):
        having = [level for level in LEVELS if row[f"in_{level}"]]
        kind = "extra" if len(having) == 1 else "absent"
        level = having[0] if kind == "extra" else next(level for level in LEVELS if level not in having)
        yield _record_break(ledger, kind, level, row)


def _differing(ledger: Ledger, records: pl.DataFrame) -> Iterable[Break]:
    """One break a record and compared column in which the levels that have the record do not agree."""
    for column in ledger.contract.compared:
        if column.name in ledger.contract.key:
            continue
        seen = [pl.col(f"{column.name}_{level}") for level in LEVELS]
        has = [pl.col(f"in_{level}") for level in LEVELS]
        unlike = pl.any_horizontal(
            has[one] & has[other] & seen[one].ne_missing(seen[other]) for one, other in ((0, 1), (0, 2), (1, 2))
        )
        for row in records.filter(unlike).iter_rows(named=True):
            values: Values = {level: row[f"{column.name}_{level}"] for level in LEVELS}
            having = [level for level in LEVELS if row[f"in_{level}"]]
            yield _record_break(ledger, "differs", _odd_one_out(values, having), row, column.name, values)


def _odd_one_out(values: Values, having: list[Level]) -> Level | None:
    """The level that two others contradict; none where only two have a say, or all three differ."""
    if len(having) < len(LEVELS):
        return None
    alone = [level for level in LEVELS if list(values.values()).count(values[level]) == 1]
    return alone[0] if len(alone) == 1 else None


def _duplicates(ledger: Ledger, accepted: pl.DataFrame, level: Level, records: pl.DataFrame) -> Iterable[Break]:
    key = list(ledger.contract.key)
    repeated = accepted.group_by(key, maintain_order=True).len().filter(pl.col("len") > 1)
    for row in repeated.join(records, on=key, how="left", maintain_order="left").iter_rows(named=True):
        yield _record_break(ledger, "duplicate", level, row)


def _record_break(
    ledger: Ledger, kind: str, level: Level | None, row: Mapping[str, str],
    column: str | None = None, values: Values = _NO_VALUES,
) -> Break:  # fmt: skip
    key = {name: row[name] for name in ledger.contract.key}
    return Break(ledger.name, ledger.period.isoformat(), kind, level, row["home"], key, column, dict(values))


def _totals(ledger: Ledger, accepted: Mapping[Level, pl.DataFrame]) -> Iterable[Break]:
    """One break a village or township and measure in which the sums of the levels that handed in differ.

    A village's row counts where its own level says that the village is; a township's villages have a say only
    if every one of them handed in.
    """
    filed = set(ledger.levels["village"].select(filed_by("village")).to_series())
    for division_level in ("township", "village"):
        sums = {level: _sums(ledger, accepted[level], division_level) for level in LEVELS}
        for code in sorted(set().union(*sums.values())):
            villages = {village.code for village in children(code)} if division_level == "township" else {code}
            having: list[Level] = [level for level in LEVELS if level != "village" or villages <= filed]
            for measure in ("records", *(column.name for column in ledger.contract.totalled)):
                values: dict[Level, str | None] = {
                    level: sums[level].get(code, {}).get(measure, _zero(ledger, measure)) if level in having else None
                    for level in LEVELS
                }
                if len({values[level] for level in having}) > 1:
                    level = _odd_one_out(values, having)
                    yield Break(ledger.name, ledger.period.isoformat(), "total", level, code, {}, measure, values)


def _sums(ledger: Ledger, accepted: pl.DataFrame, division_level: Level) -> dict[str, dict[str, str]]:
    """Number of rows and sums of the totalled columns in text, by division."""
    own = filed_by(division_level) if division_level == "village" else pl.col("village_code").str.head(9) + "000"
    totalled = ledger.contract.totalled
    sums = accepted.group_by(own.alias("division")).agg(
        pl.len().alias("records"), *(pl.col(column.name).sum() for column in totalled)
    )
    texts = sums.select("division", pl.col("records").cast(pl.String), *(_text(column) for column in totalled))
    return {row.pop("division"): row for row in texts.iter_rows(named=True)}


def _zero(ledger: Ledger, measure: str) -> str:
    return "0.00" if measure != "records" and ledger.contract.column(measure).kind == "money" else "0"
