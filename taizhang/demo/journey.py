"""Whom the government carried to work, and to whom the journey is therefore not paid.

Everybody to whom the journey to another province is due must be paid, and no others, as the sum that was paid is
published: so many are carried free that those who are left make up the sum.
"""

from datetime import date

import numpy as np
import polars as pl

from taizhang.demo.figures import Figures
from taizhang.demo.fitting import middle_tier

RETIRED = 60
"""The birthday after which the journey is not paid."""

_DUE_AFTER_MONTHS = 3


def of_paid_age(on: date) -> pl.Expr:
    """Whether somebody may be paid for the journey to the end of the month `on`."""
    last_day = pl.lit(on).dt.month_end()
    return pl.col("born").dt.offset_by(f"{RETIRED}y") >= last_day


def is_due(on: date) -> pl.Expr:
    """Whether the journey is due, were it not for free: work in another province for three months or more."""
    out = (pl.col("work_region") == "out_of_province") & (pl.col("work_status") == "working_away")
    return (out & (pl.col("months_worked") >= _DUE_AFTER_MONTHS) & of_paid_age(on)).fill_null(False)


def send_off(
    current: pl.DataFrame, closing: pl.DataFrame, figures: Figures, on: date, rng: np.random.Generator
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both ledgers with `point_to_point`: passengers of the trains, and some whom the government sent."""
    rows = pl.concat(
        frame.select(
            "train_no", "channel", "work_region", due=is_due(day), order=pl.Series(rng.random(frame.height))
        )
        for frame, day in ((current, on), (closing, date(on.year - 1, 12, 31)))
    )  # fmt: skip
    on_train, sent = pl.col("train_no") != "", pl.col("channel") == "government"
    left = pl.col("due") & ~on_train
    to_be_paid = middle_tier(figures.paid["transport"], figures.payments["transport"])
    spare = rows.select(left.sum()).item() - to_be_paid
    rank = pl.struct(~left, ~sent, "order").rank("ordinal")
    carried = on_train | (rank <= spare) | (sent & ~pl.col("due") & (pl.col("work_region") != "in_county"))
    flags = rows.select(pl.when(pl.col("work_region") != "").then(carried)).to_series().alias("point_to_point")
    return current.with_columns(flags[: current.height]), closing.with_columns(flags[current.height :])
