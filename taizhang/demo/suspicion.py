"""Payments that an audit should ask about, planted at all three levels alike, so that they are no breaks.

Payments change hands, periods or amounts within a subsidy, so that no published figure moves. Who and what has
been touched once is left alone by the rules after it: everything planted raises the suspicion that is named.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from taizhang.demo.identity import accounts
from taizhang.demo.journey import RETIRED
from taizhang.demo.ledger import Ledger

Row = Mapping[str, Any]
_PEOPLE_PER_PLANT = 15_000
_SHARING = 3
_NEW_ACCOUNT = 5_000_000
_NEW_PAYMENT = 900_000
_BORN = pl.col("id_no").str.slice(6, 8).str.to_date("%Y%m%d")


@dataclass(frozen=True)
class Suspicion:
    """What the audit must find: by which rule, about whom, and about which payment, if one was made."""

    rule: str
    id_no: str
    payment_no: str | None = None


@dataclass
class County:
    """The ledgers while suspicions are planted in them, last year's register among them, and what has been touched."""

    register: pl.DataFrame
    payments: pl.DataFrame
    closing: pl.DataFrame
    on: date
    rng: np.random.Generator
    touched: set[str] = field(default_factory=set)
    planted: list[Suspicion] = field(default_factory=list)
    numbers: int = 0

    def payment(self, *fits: pl.Expr) -> Row:
        """A payment made at the first attempt, of somebody not touched yet, who is touched now."""
        reissued = self.payments["reissue_of"].drop_nulls().to_list()
        plain = (pl.col("status") == "paid") & pl.col("reissue_of").is_null() & ~pl.col("payment_no").is_in(reissued)
        return self._draw(self.payments.filter(plain), *fits)

    def person(self, *fits: pl.Expr) -> Row:
        """Somebody on the register not touched yet, old enough to be paid all the year, who is touched now."""
        return self._draw(self.register, _BORN.dt.offset_by("17y") < pl.lit(self.on), *fits)

    def _draw(self, rows: pl.DataFrame, *fits: pl.Expr) -> Row:
        free = rows.filter(~pl.col("id_no").is_in(list(self.touched)), *fits)
        if free.is_empty():
            raise ValueError("the county is too small to plant every suspicion in it")
        row = free.row(int(self.rng.integers(free.height)), named=True)
        self.touched.add(row["id_no"])
        return row

    def pay(self, payment: Row, **cells: Any) -> Row:
        """Change a payment; returns it as it is then."""
        self.payments = _changed(self.payments, "payment_no", payment["payment_no"], cells)
        return {**payment, **cells}

    def state(self, person: Row, **cells: Any) -> None:
        """Change what the register says of somebody."""
        self.register = _changed(self.register, "id_no", person["id_no"], cells)

    def hand_over(self, payment: Row, person: Row, **cells: Any) -> Row:
        """Let somebody else have a payment, on an account of their own."""
        self.touched.add(person["id_no"])
        whose = {name: person[name] for name in ("name", "id_no", "township_code", "village_code")}
        payee = {"payee_name": person["name"], "payee_id_no": person["id_no"], "payee_relation": "self"}
        return self.pay(payment, **whose, **payee, account=self.account(), **cells)

    def account(self) -> str:
        return accounts(np.array([_NEW_ACCOUNT + self.number()]))[0]

    def number(self) -> int:
        self.numbers += 1
        return self.numbers

    def suspect(self, rule: str, payment: Row) -> None:
        self.planted.append(Suspicion(rule, payment["id_no"], payment["payment_no"]))

    def without(self, *fits: pl.Expr) -> pl.Expr:
        """Whether somebody has no payment that fits."""
        return ~pl.col("id_no").is_in(self.payments.filter(*fits)["id_no"].unique().to_list())


def plant(ledgers: list[Ledger], on: date, rng: np.random.Generator) -> tuple[list[Ledger], list[Suspicion]]:
    """The ledgers with every kind of suspicion in them, and what was planted.

    Raises `ValueError` where the county is too small for one.
    """
    current, training, subsidy, closing = ledgers
    county = County(current.levels["county"], subsidy.levels["county"], closing.levels["county"], on, rng)
    for _ in range(max(1, county.register.height // _PEOPLE_PER_PLANT)):
        for planting in _PLANTINGS:
            planting(county)
    filed = [
        _filed(current, county.register),
        training,
        _filed(subsidy, county.payments),
        _filed(closing, county.closing),
    ]
    return filed, sorted(county.planted, key=lambda s: (s.rule, s.payment_no or "", s.id_no))


def _filed(ledger: Ledger, rows: pl.DataFrame) -> Ledger:
    """The same rows at all levels, ordered by village as clerks keep them."""
    frame = rows.sort("village_code", maintain_order=True).with_columns(record=pl.int_range(pl.len()))
    return Ledger(ledger.name, ledger.period, dict.fromkeys(ledger.levels, frame))


def _changed(frame: pl.DataFrame, key: str, value: str, cells: Mapping[str, Any]) -> pl.DataFrame:
    return frame.with_columns(
        pl.when(pl.col(key) == value).then(pl.lit(cell, dtype=frame.schema[name])).otherwise(name).alias(name)
        for name, cell in cells.items()
    )


def _of_type(kind: str) -> pl.Expr:
    return pl.col("subsidy_type") == kind


def _months_back(day: date, months: int) -> date:
    month = np.datetime64(day, "M") - months
    return month.astype("datetime64[D]").astype(date)  # type: ignore[no-any-return]


def _later(*payments: Row) -> Row:
    return max(payments, key=lambda payment: (payment["paid_on"], payment["payment_no"]))


def _paid_twice(county: County) -> None:
    first = county.payment(_of_type("public_post"))
    second = county.payment(_of_type("public_post"), pl.col("amount") <= first["amount"])
    same_months = {name: first[name] for name in ("period_from", "period_to")}
    second = county.hand_over(second, first, **same_months, paid_on=max(first["paid_on"], second["paid_on"]))
    county.suspect("paid_twice", _later(first, second))


def _paid_again(county: County) -> None:
    first, second = county.payment(_of_type("job_seeking")), county.payment(_of_type("job_seeking"))
    month = first["period_from"]
    if second["period_from"] == month:
        month = _months_back(month, 1)
        second = county.pay(second, period_from=month, period_to=month)
    county.suspect("paid_again", _later(first, county.hand_over(second, first)))


def _failed_and_reissued(county: County) -> tuple[Row, Row]:
    reissue = county._draw(county.payments.filter(pl.col("reissue_of").is_not_null()))
    return county.payments.row(by_predicate=pl.col("payment_no") == reissue["reissue_of"], named=True), reissue


def _reissued_though_paid(county: County) -> None:
    failed, reissue = _failed_and_reissued(county)
    county.pay(failed, status="paid", fail_reason=None)
    county.suspect("reissued_though_paid", reissue)


def _reissue_above_failed(county: County) -> None:
    failed, reissue = _failed_and_reissued(county)
    county.pay(failed, amount=failed["amount"] // 2)
    county.suspect("reissue_above_failed", reissue)


def _returned_not_reissued(county: County) -> None:
    pattern = county.payment(_of_type("employment_service"))
    person = county.person(pl.col("work_region").is_not_null(), county.without(_of_type("employment_service")))
    returned_on = county.on - timedelta(days=100)
    month = returned_on.replace(day=1)
    number = f"BT{county.on.year}{_NEW_PAYMENT + county.number()}"
    row = county.payments.filter(payment_no=pattern["payment_no"]).with_columns(payment_no=pl.lit(number))
    county.payments = pl.concat([county.payments, row])
    returned = county.hand_over(
        {**pattern, "payment_no": number}, person, status="returned", fail_reason="card_cancelled",
        paid_on=returned_on, period_from=month, period_to=month,
    )  # fmt: skip
    county.suspect("returned_not_reissued", returned)


def _over_cap(county: County) -> None:
    near = county.payment(_of_type("transport"), pl.col("amount") == 200_00)
    far = county.payment(_of_type("transport"), pl.col("amount") == 400_00)
    county.pay(far, amount=near["amount"])
    county.suspect("over_cap", county.pay(near, amount=far["amount"]))


def _over_term(county: County) -> None:
    payment = county.payment(_of_type("workshop_and_work_for_training"))
    county.suspect("over_term", county.pay(payment, period_from=_months_back(payment["period_to"], 7)))


def _not_registered(county: County) -> None:
    """Somebody is paid for the last month of a year in which they were not on the register yet."""
    payment = county.payment(_of_type("employment_service"))
    idle = pl.col("work_status") == "not_working"
    idle_before = pl.col("id_no").is_in(county.closing.filter(idle)["id_no"].to_list())
    person = county.person(idle, idle_before, county.without())
    county.closing = county.closing.filter(pl.col("id_no") != person["id_no"])
    month = _months_back(county.on.replace(month=1), 1)
    county.suspect("not_registered", county.hand_over(payment, person, period_from=month, period_to=month))


def _pay_one_who_left(county: County, rule: str, status: str) -> None:
    payment = county.payment(_of_type("employment_service"))
    person = county.person(pl.col("work_status") == "not_working", county.without())
    county.state(person, person_status=status, person_status_on=_months_back(payment["period_from"], 1))
    county.suspect(rule, county.hand_over(payment, person))


def _paid_after_death(county: County) -> None:
    _pay_one_who_left(county, "paid_after_death", "dead")


def _status_bars_payment(county: County) -> None:
    _pay_one_who_left(county, "status_bars_payment", "sentenced")


def _outside_age(county: County) -> None:
    payment = county.payment(
        _of_type("skills_training"), pl.col("period_from") < pl.lit(county.on.replace(month=1, day=1))
    )
    too_old = _BORN.dt.offset_by(f"{RETIRED}y") < pl.lit(payment["period_from"])
    person = county.person(too_old, county.without(_of_type("skills_training")))
    county.suspect("outside_age", county.hand_over(payment, person))


def _excluded_by_subsidy(county: County) -> None:
    payment = county.payment(_of_type("post"))
    overlaps = (pl.col("period_from") <= payment["period_to"]) & (pl.col("period_to") >= payment["period_from"])
    in_post = county.payment(_of_type("public_post"), overlaps)
    county.suspect("excluded_by_subsidy", county.hand_over(payment, in_post))


def _carried_free(county: County) -> None:
    """Who was carried free is paid for the journey, and who was to be paid for it is not."""
    this_year = pl.col("period_from") == pl.lit(county.on.replace(month=1, day=1))
    payment = county.payment(_of_type("transport"), this_year, pl.col("amount") == 400_00)
    young = _BORN.dt.offset_by(f"{RETIRED - 1}y") > pl.lit(county.on)
    carried = county.person(pl.col("work_region") == "out_of_province", pl.col("point_to_point"), young)
    county.planted.append(Suspicion("due_unpaid", payment["id_no"]))
    county.suspect("carried_free", county.hand_over(payment, carried))


def _payee_outside_household(county: County) -> None:
    payment = county.payment(pl.col("payee_relation") == "head")
    village = pl.col("village_code") != payment["village_code"]
    stranger = county.person(village)
    county.pay(payment, payee_name=stranger["name"], payee_id_no=stranger["id_no"], account=county.account())
    county.suspect("payee_outside_household", payment)


def _strangers(county: County, *fits: pl.Expr) -> list[Row]:
    """Payments of people of as many villages."""
    payments: list[Row] = []
    for _ in range(_SHARING):
        villages = [payment["village_code"] for payment in payments]
        payments.append(county.payment(*fits, ~pl.col("village_code").is_in(villages)))
    return payments


def _shared_account(county: County) -> None:
    account = county.account()
    for payment in _strangers(county, pl.col("payee_relation") == "self"):
        county.suspect("shared_account", county.pay(payment, account=account))


def _shared_phone(county: County) -> None:
    only_payment = pl.col("id_no").is_in(county.payments["id_no"].value_counts().filter(count=1)["id_no"].to_list())
    payments = _strangers(county, only_payment)
    phone = county.register.row(by_predicate=pl.col("id_no") == payments[0]["id_no"], named=True)["phone"]
    for payment in payments:
        county.state(payment, phone=phone)
        county.suspect("shared_phone", payment)


_PLANTINGS: tuple[Callable[[County], None], ...] = (
    _excluded_by_subsidy,  # the scarcest payments first
    _paid_again,
    _reissued_though_paid,
    _reissue_above_failed,
    _outside_age,
    _paid_twice,
    _over_cap,
    _over_term,
    _carried_free,
    _returned_not_reissued,
    _not_registered,
    _paid_after_death,
    _status_bars_payment,
    _payee_outside_household,
    _shared_account,
    _shared_phone,
)
