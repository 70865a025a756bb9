"""Three levels' copies of a ledger, and the breaks and faults that are planted in them.

What is planted in a record concerns one level of it, so that the other two go on agreeing on the truth; where
all three differ, the county's word is the true one. The first record of a village is never touched, so that
every extract has a row that is accepted.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from taizhang.demo import words
from taizhang.demo.changes import CHANGES, FAULTS, NEIGHBOUR, THREE_WAY, Change, Fault
from taizhang.demo.identity import Indices, id_numbers, old_number, slipped
from taizhang.demo.ledger import FAULT_COLUMNS, LEVELS, Ledger
from taizhang.division import Level

Flags = npt.NDArray[np.bool_]
_DRIFTING_VILLAGES = 0.05
_DRIFTING_WEIGHT = 20.0
_PHANTOM_SEQUENCES = {"employment": 400, "training": 450}
"""From here on the identity numbers of a day are those of people who do not exist."""
_BORN_BEFORE_2000 = pl.col("id_no").str.slice(6, 2) == "19"
_OLD_CARD = Change(
    dict(zip(FAULT_COLUMNS, (pl.lit("id_no"), pl.lit("id_upgraded"), old_number(pl.col("id_no"))), strict=True)),
    _BORN_BEFORE_2000,
)


@dataclass
class Lot:
    """Records not touched yet, in the order in which they are drawn; a few villages drift much more."""

    frame: pl.DataFrame
    rng: np.random.Generator
    order: Indices = field(init=False)
    free: Flags = field(init=False)

    def __post_init__(self) -> None:
        villages = self.frame["village_code"].unique(maintain_order=True)
        drifting = villages.sample(fraction=_DRIFTING_VILLAGES, seed=int(self.rng.integers(2**31)))
        weight = np.where(self.frame["village_code"].is_in(drifting.to_list()), _DRIFTING_WEIGHT, 1.0)
        self.order = np.argsort(self.rng.exponential(1.0, self.frame.height) / weight)
        self.free = (
            (self.frame["village_code"] == self.frame["village_code"].shift()).fill_null(False).to_numpy().copy()
        )

    def draw(self, count: int, fits: pl.Expr | None = None) -> list[int]:
        """Up to `count` records that fit, never to be drawn again."""
        open_ = self.free
        if fits is not None:
            open_ = open_ & self.frame.select(fits.fill_null(False)).to_series().to_numpy()
        drawn = self.order[open_[self.order]][:count]
        self.free[drawn] = False
        return [int(record) for record in drawn]


def copies(name: str, period: date, rows: pl.DataFrame) -> Ledger:
    """The same ledger at all three levels."""
    frame = _as_filed(name, rows)
    return Ledger(name, period, dict.fromkeys(LEVELS, frame))


def only_county(name: str, period: date, rows: pl.DataFrame) -> Ledger:
    return Ledger(name, period, {"county": _as_filed(name, rows)})


def _as_filed(name: str, rows: pl.DataFrame) -> pl.DataFrame:
    ledger = Ledger(name, date.min, {})
    nothing = pl.lit(None, dtype=pl.String)
    return rows.select(
        *(column.name for column in ledger.contract.columns),
        pl.int_range(pl.len()).alias("record"),
        *(nothing.alias(column) for column in FAULT_COLUMNS),
    )


def drift(ledger: Ledger, rng: np.random.Generator) -> Ledger:
    """Plant every kind of break at every level, and spoil some cells, in proportion to the ledger's rows."""
    truth = ledger.levels["county"].with_columns(neighbour=_neighbours(ledger.levels["county"]))
    lot = Lot(truth, rng)
    rows = truth.height
    levels = dict.fromkeys(LEVELS, truth)
    for number, level in enumerate(LEVELS):
        frame = truth.filter(~pl.col("record").is_in(lot.draw(max(1, rows // 4000))))
        twice = truth.filter(pl.col("record").is_in(lot.draw(max(1, rows // 10_000))))
        phantoms = _phantoms(ledger.name, truth, number, rng)
        levels[level] = pl.concat([frame, twice, phantoms])
        levels[level] = _spoil(levels[level], ledger.name, number, lot)
    if ledger.name in _PHANTOM_SEQUENCES:
        levels = {level: _slip(frame, truth, lot) for level, frame in levels.items()}
    for number, level in enumerate(LEVELS):
        levels[level] = _differ(levels[level], ledger.name, number, lot)
    _differ_three_ways(levels, ledger.name, lot)
    filed = {
        level: frame.drop("neighbour").sort("village_code", "record", maintain_order=True)
        for level, frame in levels.items()
    }
    return Ledger(ledger.name, ledger.period, filed)


def _neighbours(frame: pl.DataFrame) -> pl.Series:
    """Another village of the same township that keeps the ledger, for each row; null where there is none."""
    villages = frame.select("township_code", "village_code").unique(maintain_order=True)
    following = pl.col("village_code").shift(-1).fill_null(pl.col("village_code").first()).over("township_code")
    pairs = villages.with_columns(neighbour=following).filter(pl.col("village_code") != NEIGHBOUR)
    return frame.join(pairs.select("village_code", "neighbour"), on="village_code", how="left", maintain_order="left")[
        "neighbour"
    ]


def _phantoms(name: str, truth: pl.DataFrame, number: int, rng: np.random.Generator) -> pl.DataFrame:
    """Records that only one level has: people who do not exist, payments never made."""
    count = max(1, truth.height // 10_000)
    patterns = (
        truth.filter(pl.col("reissue_of").is_null() & (pl.col("status") == "paid")) if name == "subsidy" else truth
    )
    rows = patterns[np.sort(rng.permutation(patterns.height)[:count])]
    rows = rows.with_columns(record=truth.height + pl.int_range(pl.len()))
    if name == "subsidy":
        return rows.with_columns(payment_no=pl.format("{}-{}", pl.col("payment_no"), number + 1))
    male = (rows["gender"] == "male").to_numpy()
    born = rows["id_no"].str.slice(6, 8).str.to_date("%Y%m%d").to_numpy()
    used = _PHANTOM_SEQUENCES[name] + 15 * number
    names = np.char.add(words.surnames(count, rng), words.given_names(male, rng))
    return rows.with_columns(id_no=pl.Series(id_numbers(born, male, used=used)), name=pl.Series(names))


def _slip(frame: pl.DataFrame, truth: pl.DataFrame, lot: Lot) -> pl.DataFrame:
    """The level's hand slips in some identity numbers, so that it has the same people under other ones.

    Some it took from a card of before 1999, whose 15 digits have no check character to tell a slip.
    """
    by_old_card = lot.draw(max(1, truth.height // 16_000), _BORN_BEFORE_2000)
    records = [*lot.draw(max(1, truth.height // 8000)), *by_old_card]
    rows = frame.filter(pl.col("record").is_in(records))
    numbers = dict(zip(rows["record"], slipped(rows["id_no"].to_list(), set(truth["id_no"])), strict=True))
    other = pl.col("record").replace_strict(numbers, default=None, return_dtype=pl.String)
    return _changed(frame.with_columns(id_no=pl.coalesce(other, "id_no")), _OLD_CARD, by_old_card)


def _spoil(frame: pl.DataFrame, name: str, number: int, lot: Lot) -> pl.DataFrame:
    """Spoil a cell for every rule; in a small county each rule is broken at one level only."""
    rows = lot.frame.height
    for nth, fault in enumerate(FAULTS[name]):
        if rows >= 2000 or nth % len(LEVELS) == number:
            frame = _spoilt(frame, fault, lot.draw(max(1, rows // 20_000), fault.fits))
    return frame


def _spoilt(frame: pl.DataFrame, fault: Fault, records: list[int]) -> pl.DataFrame:
    values = (pl.lit(fault.column), pl.lit(fault.rule), fault.text)
    cells = dict(zip(FAULT_COLUMNS, values, strict=True))
    return _changed(frame, Change(cells, fault.fits), records)


def _differ(frame: pl.DataFrame, name: str, number: int, lot: Lot) -> pl.DataFrame:
    """Let the level change what it has of some records, going through the ways in turn."""
    changes = CHANGES[name]
    count = max(1, lot.frame.height // 450)
    turns = Counter((number * count + turn) % len(changes) for turn in range(count))
    for nth, times in sorted(turns.items()):
        frame = _changed(frame, changes[nth], lot.draw(times, changes[nth].fits))
    return frame


def _differ_three_ways(levels: dict[Level, pl.DataFrame], name: str, lot: Lot) -> None:
    for of_township, of_village in THREE_WAY[name]:
        records = lot.draw(max(1, lot.frame.height // 10_000), of_township.fits)
        levels["township"] = _changed(levels["township"], of_township, records)
        levels["village"] = _changed(levels["village"], of_village, records)


def _changed(frame: pl.DataFrame, change: Change, records: list[int]) -> pl.DataFrame:
    hit = pl.col("record").is_in(records)
    return frame.with_columns(
        pl.when(hit).then(cell.cast(frame.schema[column])).otherwise(pl.col(column)).alias(column)
        for column, cell in change.cells.items()
    )
