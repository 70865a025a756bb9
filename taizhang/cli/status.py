"""`taizhang status`: the last night, agreement, open and oldest breaks, who is late, contacts, settings."""

from dataclasses import dataclass
from datetime import date
from typing import Any, LiteralString

from rich.table import Table

from taizhang import night as nights
from taizhang.cli.console import AsJson, out, print_json
from taizhang.contact import ContactError, contacts
from taizhang.division import divisions
from taizhang.news import gather_late
from taizhang.settings import settings, variable
from taizhang.warehouse import connect, warehouse_url

_NAMED_AT_MOST = 5

_AGREEMENT = """
with dates as (
    select night_date, row_number() over (order by night_date desc) as age
    from (select distinct night_date from reconciliation.agreement) as nights
)
select
    division_code,
    ledger,
    (sum(agreeing) filter (where age = 1))::float / nullif(sum(records) filter (where age = 1), 0),
    (sum(agreeing) filter (where age = 2))::float / nullif(sum(records) filter (where age = 2), 0)
from reconciliation.agreement
join dates using (night_date)
where age <= 2 and division_level in ('county', 'township')
group by division_code, ledger
order by division_code, ledger
"""

_OPEN = """
select township_code, ledger, count(*)::integer
from reconciliation.ledger_break
where status = 'open'
group by township_code, ledger
order by township_code, ledger
"""

# What awaits its acceptance is the county's to act on, and counts for no township.
_OLDEST = """
select
    township_code,
    ledger,
    min(open_since),
    count(*),
    count(*) filter (where overdue_on <= %(night_date)s)
from reconciliation.ledger_break
where status = 'open' and not awaits_acceptance
group by township_code, ledger
order by min(open_since), township_code, ledger
limit 5
"""

_AWAITING = """
select township_code, ledger, count(*), count(*) filter (where overdue_on <= %(night_date)s)
from reconciliation.ledger_break
where awaits_acceptance
group by township_code, ledger
order by min(overdue_on), township_code, ledger
"""


@dataclass(frozen=True)
class OpenBreaks:
    """How many breaks of one township and ledger are open."""

    township: str
    ledger: str
    open: int


@dataclass(frozen=True)
class Agreement:
    """Share of one township's (or the county's) records of a ledger that agree, and the share the night before."""

    division: str
    ledger: str
    agreeing: float | None
    before: float | None


@dataclass(frozen=True)
class Oldest:
    """Since when a township has breaks of a ledger open, and how many of them are overdue."""

    township: str
    ledger: str
    open_since: date
    open: int
    overdue: int


@dataclass(frozen=True)
class Awaiting:
    """How many breaks of a township and ledger wait for the county to accept them, and how many for too long."""

    township: str
    ledger: str
    breaks: int
    overdue: int


def status(as_json: AsJson = False) -> None:
    """Show the last night, agreement, the oldest breaks, who is late, contacts and settings (secrets hidden)."""
    last = nights.find_night(reproductions=False)
    told = _told(last)
    if as_json:
        print_json(told)
        return
    if last is None:
        out.print("There has been no night yet: taizhang night runs one.")
    else:
        _print_night(last, told["night"])
    if told["breaks"]:
        out.print(break_table(told["breaks"]))
    if told["agreement"]:
        out.print(_agreement_table(told["agreement"]))
    _print_waiting(told["oldest"], told["awaiting_acceptance"])
    out.print(f"  late         {_named(told['late'])}", soft_wrap=True)
    out.print(f"  nothing in   {_named(told['never_handed_in'])}", soft_wrap=True)
    for contact in told["contacts"]:
        out.print(f"  contact      {contact}", highlight=False, markup=False, soft_wrap=True)
    for name, value in _settings().items():
        shown = "unset" if value is None else value
        out.print(f"  {variable(name):<30} {shown}", highlight=False, markup=False, soft_wrap=True)


def _told(last: nights.Night | None) -> dict[str, Any]:
    """All that there is to show, by the names that `--json` has for it."""
    return {
        "night": last and {"status": last.status, **nights.summarise(last.night_id)},
        "breaks": open_breaks(),
        "agreement": agreement(),
        "oldest": oldest(last.night_date) if last else [],
        "awaiting_acceptance": awaiting_acceptance(last.night_date) if last else [],
        "late": late(last.night_date) if last else [],
        "never_handed_in": never_handed_in() if last else [],
        "contacts": _contacts(),
        "settings": _settings(),
    }


def _print_night(last: nights.Night, summary: dict[str, Any]) -> None:
    files, rows = summary["files"], summary["rows"]
    out.print(f"Night {last.night_id}, for {last.night_date}: [bold]{last.status}[/]", highlight=False)
    out.print(
        f"  {files['received']:,} files received, {files['rejected']:,} rejected; "
        f"{rows['accepted']:,} rows accepted, {rows['rejected']:,} rejected"
    )


def _print_waiting(oldest: list[Oldest], awaiting: list[Awaiting]) -> None:
    for one in oldest:
        standing = f"{one.open:,} since {one.open_since}, {one.overdue:,} overdue"
        out.print(f"  oldest       {one.township} {one.ledger}: {standing}")
    for own in awaiting:
        out.print(f"  to accept    {own.township} {own.ledger}: {own.breaks:,}, {own.overdue:,} overdue")


def _named(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED_AT_MOST:,} more" if len(names) > _NAMED_AT_MOST else ""
    return ", ".join(names[:_NAMED_AT_MOST]) + more or "nobody"


def agreement() -> list[Agreement]:
    """Agreement of the county and of each township on the last date, beside the date before."""
    return [Agreement(_name(code), *rest) for code, *rest in _rows("agreement", _AGREEMENT)]


def oldest(night_date: date) -> list[Oldest]:
    """The townships and ledgers whose breaks have been open for longest."""
    return [Oldest(_name(code), *rest) for code, *rest in _rows("ledger_break", _OLDEST, night_date)]


def awaiting_acceptance(night_date: date) -> list[Awaiting]:
    """What was answered to be right as it is, and is the county's to accept, the longest waiting first."""
    return [Awaiting(_name(code), *rest) for code, *rest in _rows("ledger_break", _AWAITING, night_date)]


def late(night_date: date) -> list[str]:
    """Who handed in a ledger before, but not of late."""
    with connect() as connection:
        found = gather_late(connection, night_date)
    return [f"{divisions()[one.division_code].full_name} {one.ledger} ({one.last_date})" for one in found]


def never_handed_in() -> list[str]:
    """Divisions of which no file has been accepted yet."""
    with connect() as connection:
        rows = connection.execute("select distinct division_code from raw.extract where status = 'loaded'").fetchall()
    return [division.full_name for code, division in divisions().items() if (code,) not in rows]


def _contacts() -> list[str]:
    try:
        return [f"{contact.name} ({contact.severity})" for contact in contacts()]
    except ContactError as error:
        return [f"cannot be read: {error}"]


def _rows(table: str, query: LiteralString, night_date: date | None = None) -> list[tuple[Any, ...]]:
    """What a query on a published table finds; nothing before it has been published with the columns asked for."""
    with connect() as connection:
        if connection.execute("select to_regclass(%s)", [f"reconciliation.{table}"]).fetchone() == (None,):
            return []
        return connection.execute(query, {"night_date": night_date}).fetchall()


def _agreement_table(found: list[Agreement]) -> Table:
    ledgers = sorted({one.ledger for one in found})
    table = Table("Agreement", *ledgers)
    for division in dict.fromkeys(one.division for one in found):
        shares = {one.ledger: _share(one) for one in found if one.division == division}
        table.add_row(division, *(shares.get(ledger, "—") for ledger in ledgers))
    return table


def _share(one: Agreement) -> str:
    """`98.4 % ▲ 97.9 %`: tonight's share, whether it rose or fell, and the one before."""
    if one.agreeing is None or one.before is None:
        return "—" if one.agreeing is None else f"{one.agreeing:.1%}"
    sign = "▲" if one.agreeing > one.before else "▼" if one.agreeing < one.before else "="
    return f"{one.agreeing:.1%} {sign} {one.before:.1%}"


def open_breaks() -> list[OpenBreaks]:
    """Open breaks as published, by township in the order of the codes, and by ledger."""
    return [OpenBreaks(_name(code), *rest) for code, *rest in _rows("ledger_break", _OPEN)]


def _name(township_code: str | None) -> str:
    return divisions()[township_code].name if township_code else "—"


def break_table(found: list[OpenBreaks]) -> Table:
    """A row for each township, a column for each ledger."""
    ledgers = sorted({count.ledger for count in found})
    table = Table("Open breaks", *ledgers)
    for township in dict.fromkeys(count.township for count in found):
        counts = {count.ledger: count.open for count in found if count.township == township}
        table.add_row(township, *(f"{counts.get(ledger, 0):,}" for ledger in ledgers))
    return table


def _settings() -> dict[str, Any]:
    shown = {name: value if value is None else str(value) for name, value in settings().model_dump().items()}
    return shown | {"warehouse": warehouse_url().render_as_string(hide_password=True)}
