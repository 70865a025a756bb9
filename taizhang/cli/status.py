"""`taizhang status`: the last night, the open breaks, and the settings."""

from dataclasses import dataclass
from typing import Any

from rich.table import Table

from taizhang import night as nights
from taizhang.cli.console import AsJson, out, print_json
from taizhang.division import divisions
from taizhang.settings import settings
from taizhang.warehouse import connect, warehouse_url


@dataclass(frozen=True)
class OpenBreaks:
    """How many breaks of one township and ledger are open."""

    township: str
    ledger: str
    open: int


def status(as_json: AsJson = False) -> None:
    """Show the last night, the open breaks by township and ledger, and the settings (secrets hidden)."""
    last = nights.find_night()
    found = open_breaks()
    if as_json:
        print_json(
            {
                "night": last and {"status": last.status, **nights.summarise(last.night_id)},
                "breaks": [vars(count) for count in found],
                "settings": _settings(),
            }
        )
        return
    if last is None:
        out.print("There has been no night yet: taizhang night runs one.")
    else:
        summary = nights.summarise(last.night_id)
        files, rows = summary["files"], summary["rows"]
        out.print(f"Night {last.night_id}, for {last.night_date}: [bold]{last.status}[/]", highlight=False)
        out.print(
            f"  {files['received']:,} files received, {files['rejected']:,} rejected; "
            f"{rows['accepted']:,} rows accepted, {rows['rejected']:,} rejected"
        )
    if found:
        out.print(break_table(found))
    for name, value in _settings().items():
        out.print(f"  {name:<12} {value}", highlight=False, soft_wrap=True)


def open_breaks() -> list[OpenBreaks]:
    """Open breaks as published, by township in the order of the codes, and by ledger."""
    with connect() as connection:
        if connection.execute("select to_regclass('reconciliation.ledger_break')").fetchone() == (None,):
            return []
        rows = connection.execute(
            "select township_code, ledger, count(*)::integer from reconciliation.ledger_break"
            " where status = 'open' group by township_code, ledger order by township_code, ledger"
        ).fetchall()
    return [OpenBreaks(_name(code), ledger, count) for code, ledger, count in rows]


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
    shown = {name: str(value) for name, value in settings().model_dump().items() if value is not None}
    return shown | {"warehouse": warehouse_url().render_as_string(hide_password=True)}
