"""What must hold before anybody sees the marts: no row lost, no unknown division, no number of a person in the open.

One suite per table. Any failure here is critical: it stops the publish, and yesterday's marts stay.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

from great_expectations import ExpectationSuite

from expectations.base import ListingExpectation, double_braces
from taizhang.contract import LEDGERS, contracts
from taizhang.redact import PERSON_ON_PAPER, SHAPES

REQUIRED_MARTS = ("fct_employment", "fct_training", "fct_subsidy", "dim_labourer", "dim_division", "dim_training_class")
"""Marts without which no night is published; that a key occurs once is Postgres' own constraint on each of them."""
_DIVISION_COLUMNS = ("township_code", "village_code", "venue_division_code")
_DIGEST = "^[0-9a-f]{32}$"
"""A surrogate key by md5: twelve of its digits in a row are no account."""
_LONG_NUMBER = r"\d{11}"
"""Each of the shapes holds as many digits in a row."""
_PAPER_NUMBERS = (
    *(column.name for contract in contracts().values() for column in contract.columns if column.kind == "paper_number"),
    "record_no",
    "chain_key",
    "evidence",
)
"""Numbers of papers, not of people; some counties write them with twelve digits or more."""


class StructuralExpectation(ListingExpectation):
    """Something without which tonight's marts would be wrong rather than unwelcome."""

    default_severity = "critical"
    owner = "engineer 运维"


class ExpectEveryRejectedRowKept(StructuralExpectation):
    query = """
select extract_id, rows_rejected, coalesce(rows_kept, 0) as rows_kept
from {{batch}} as extract
left join (select extract_id, count(*) as rows_kept from raw.rejected_row group by extract_id) as kept
    using (extract_id)
where status <> 'worklist' and pruned_on is null and rows_rejected <> coalesce(rows_kept, 0)
"""


class ExpectEveryAcceptedRowCompared(StructuralExpectation):
    """Every row accepted from an extract that counts takes part when the levels are compared."""

    query = """
with current_extract as (
    select distinct on (level, division_code, period) extract_id, rows_accepted
    from {{batch}} as extract
    where status = 'loaded' and ledger = '{ledger}' and extract_date <= '{night_date}'
    order by level, division_code, period, extract_date desc, extract_id desc
),
compared as (
    select extract_id, count(*) as rows_compared from intermediate.int_{ledger}__record group by extract_id
)
select extract_id, rows_accepted, coalesce(rows_compared, 0) as rows_compared
from current_extract
left join compared using (extract_id)
where rows_accepted <> coalesce(rows_compared, 0)
"""
    told_apart_by = ("ledger",)

    ledger: str
    night_date: str


class ExpectKnownDivision(StructuralExpectation):
    """Only the beginning of a wrong code is kept, as it may be a person's number that slipped in."""

    query = """
select left(fact.{column}, 9) as {column}_begins, count(*) as occurrences
from {{batch}} as fact
left join {marts}.dim_division as division on division.division_code = fact.{column}
where fact.{column} is not null and division.division_code is null
group by left(fact.{column}, 9)
"""
    told_apart_by = ("column",)

    column: str
    marts: str


class ExpectNoNumberOfAPerson(StructuralExpectation):
    """No text is shaped like an identity number, a mobile or an account; division codes and digests are allowed."""

    query = """
select column_name, sum(occurrences)::bigint as occurrences
from ({texts} offset 0) as texts
where
    value ~ '{long_number}'
    and value !~ '{digest}'
    and case
        when column_name in ({paper_numbers}) then value ~ '{person_on_paper}'
        when value ~ '{person}' then true
        else
            value ~ '{account}'
            and not exists (select from {marts}.dim_division where value in (division_code, parent_code))
    end
group by column_name
"""

    texts_of_column: ClassVar[str] = (
        "select '{column}' as column_name, {column}::text as value, count(*) as occurrences"
        " from {{batch}} group by {column}"
    )

    marts: str
    columns: list[str]

    @classmethod
    def sql(cls, fields: Mapping[str, Any]) -> str:
        """Each column is reduced to its distinct values first (`offset 0` sees to it), and the plainest regular
        expression comes before the others: they are dear.
        """
        texts = " union all ".join(cls.texts_of_column.format(column=column) for column in fields["columns"])
        return cls.query.format(
            texts=texts,
            long_number=double_braces(_LONG_NUMBER),
            digest=double_braces(_DIGEST),
            person=double_braces(f"{SHAPES['identity number']}|{SHAPES['mobile']}"),
            person_on_paper=double_braces(PERSON_ON_PAPER),
            account=double_braces(SHAPES["account"]),
            paper_numbers=", ".join(f"'{column}'" for column in _PAPER_NUMBERS),
            marts=fields["marts"],
        )


def extract_suite(night_date: date) -> ExpectationSuite:
    """The suite of `raw.extract`: what was handed in up to `night_date` is all accounted for."""
    expectations: list[StructuralExpectation] = [
        ExpectEveryRejectedRowKept(
            description="退回的行一行不少地留有原文。Every row that was rejected is kept with its text."
        )
    ]
    expectations += [
        ExpectEveryAcceptedRowCompared(
            ledger=ledger,
            night_date=night_date.isoformat(),
            description=f"{contracts()[ledger].label}：接收的行一行不少地参加核对。"
            "Every accepted row of a current extract is compared.",
        )
        for ledger in LEDGERS
    ]
    return ExpectationSuite(name="extract", expectations=expectations)


def mart_suite(marts: str, table: str, text_columns: Sequence[str]) -> ExpectationSuite:
    """The suite of one mart table in the schema `marts`, by its name and its columns that hold text."""
    expectations: list[StructuralExpectation] = [
        ExpectKnownDivision(
            column=column,
            marts=marts,
            description=f"{table}：{column} 都是本县的区划。Every {column} is a division of the county.",
        )
        for column in _DIVISION_COLUMNS
        if column in text_columns
    ]
    if text_columns:
        expectations.append(
            ExpectNoNumberOfAPerson(
                marts=marts,
                columns=list(text_columns),
                description=f"{table}：没有身份证号、手机号、银行账号。"
                f"No text of {table} is shaped like an identity number, a mobile or an account.",
            )
        )
    return ExpectationSuite(name=table, expectations=expectations)
