"""The subsidy ledger: every payment with its number, batch, payee and account, and those sent back."""

import numpy as np
import polars as pl

from taizhang.demo.identity import accounts
from taizhang.demo.ledger import as_ledger_frame
from taizhang.demo.payments import Grounds, draw_payments

_SHARE_REFUSED = 0.007
_FEWEST_REFUSED = 6
_REASONS = ("card_cancelled", "name_mismatch", "card_limit", "account_frozen", "other")
_REASON_SHARES = (0.42, 0.33, 0.1, 0.1, 0.05)
_SCARCE = ("job_seeking", "post", "base", "self_employment", "startup_loan")
"""Of these even the smallest county needs every payment as it is."""
_SHARE_TO_HEAD = 0.6
_ACCOUNT_OFFICE = 90_000_000
"""From here on accounts are those of organisations."""


def pay(people: pl.DataFrame, grounds: Grounds, rng: np.random.Generator) -> pl.DataFrame:
    """The subsidy ledger, cumulative over the year: the payments that sum to the published figures.

    Beside them stand the payments that the bank sent back, each paid again in a later month.
    """
    taken = draw_payments(grounds, rng).with_row_index("pair").with_columns(status=pl.lit("paid"))
    rows = _number(pl.concat([taken, _refused(taken, rng)], how="diagonal"), people)
    rows = _with_payees(rows, people, grounds, rng)
    paid_on = pl.min_horizontal(
        pl.col("paid") + pl.duration(days=7 + pl.col("type_number").cast(pl.Int64)),
        pl.lit(grounds.on),
    )
    return as_ledger_frame(
        "subsidy", rows.rename({"first": "period_from", "last": "period_to"}).with_columns(paid_on=paid_on)
    )


def _refused(taken: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """First attempts, a month earlier, of some payments that were not made at once."""
    late = taken.filter(pl.col("paid") > pl.col("last"), ~pl.col("subsidy_type").is_in(_SCARCE))
    count = min(late.height, max(_FEWEST_REFUSED, round(_SHARE_REFUSED * taken.height)))
    chosen = late[np.sort(rng.permutation(late.height)[:count])]
    return chosen.with_columns(
        paid=pl.col("paid").dt.offset_by("-1mo"),
        status=pl.lit("returned"),
        fail_reason=pl.Series(rng.choice(_REASONS, count, p=_REASON_SHARES)),
    )


def _number(rows: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Number the payments as they were made, batch them by month, subsidy and township, link reissues."""
    rows = rows.join(people.select("person", "township_code"), on="person", maintain_order="left")
    rows = rows.with_columns(type_number=pl.col("subsidy_type").rank("dense").cast(pl.Int64))
    rows = rows.sort("paid", "type_number", "township_code", "person", "pair").with_columns(
        payment_no=pl.format(
            "BT{}{}", pl.col("paid").dt.year(), pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(6)
        ),
        batch_no=pl.format(
            "{}-{}-{}",
            pl.col("paid").dt.strftime("%Y%m"),
            pl.col("type_number").cast(pl.String).str.zfill(2),
            pl.col("township_code").str.slice(6, 3),
        ),
    )
    refused = rows.filter(status="returned").select("pair", reissue_of="payment_no")
    return rows.join(refused, on="pair", how="left", maintain_order="left").with_columns(
        reissue_of=pl.when(status="paid").then("reissue_of")
    )


def _with_payees(rows: pl.DataFrame, people: pl.DataFrame, grounds: Grounds, rng: np.random.Generator) -> pl.DataFrame:
    """Name the beneficiary, and the payee: the person, the head of the household, an employer, a provider."""
    who = people.select("person", "head", "name", "id_no", "village_code", "account")
    heads = who.select(head="person", head_name="name", head_id_no="id_no", head_account="account")
    to_head = people.select("person", to_head=pl.Series(rng.random(people.height) < _SHARE_TO_HEAD))
    employers = grounds.current.select("person", "employer")
    providers = grounds.training.select("person", "provider")
    rows = rows.drop("township_code").join(people.select("person", "township_code"), on="person", maintain_order="left")
    for other, key in (
        (who, "person"),
        (heads, "head"),
        (to_head, "person"),
        (employers, "person"),
        (providers, "person"),
    ):
        rows = rows.join(other, on=key, how="left", maintain_order="left")
    return _settle_payees(rows)


def _settle_payees(rows: pl.DataFrame) -> pl.DataFrame:
    headed = pl.col("to_head") & (pl.col("head") != pl.col("person"))
    relation = (
        pl.when(pl.col("payee") != "household").then("payee")
        .when(headed).then(pl.lit("head"))
        .otherwise(pl.lit("self"))
    )  # fmt: skip
    rows = rows.with_columns(payee_relation=relation)
    by_relation = pl.col("payee_relation")
    organisation = pl.when(by_relation == "employer").then("employer").otherwise("provider")
    office = rows.select(organisation.rank("dense").cast(pl.Int64)).to_series().fill_null(0).to_numpy()
    rows = rows.with_columns(office_account=pl.Series(accounts(office, organisation=True)))

    def by_payee(own: str, heads: str, offices: pl.Expr) -> pl.Expr:
        return pl.when(by_relation == "self").then(own).when(by_relation == "head").then(heads).otherwise(offices)

    return rows.with_columns(
        payee_name=by_payee("name", "head_name", organisation),
        payee_id_no=by_payee("id_no", "head_id_no", pl.lit(None, dtype=pl.String)),
        account=by_payee("account", "head_account", pl.col("office_account")),
    )
