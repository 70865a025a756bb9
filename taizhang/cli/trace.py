"""`taizhang trace`: where a record came from."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Column, Table

from taizhang.cli.console import AsJson, foreign, out, print_json, say_error
from taizhang.division import divisions
from taizhang.settings import settings

if TYPE_CHECKING:
    from taizhang.trace import OpenBreak, Place


def trace(
    ledger: Annotated[str, typer.Argument(help="employment, training or subsidy.")],
    key: Annotated[str, typer.Argument(help="An identity number, a labourer_key, a class or a payment number.")],
    full: Annotated[bool, typer.Option(help="Show identity numbers, phones and accounts in full.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show where a record came from: file, sheet and row, and what it says, at each level; and its open breaks.

    Exit status: 0 found, 1 no such record. Example: taizhang trace subsidy BT2018000001
    """
    from taizhang.trace import open_breaks_of
    from taizhang.trace import trace as places_of

    places = places_of(ledger, key, full=full)
    breaks = open_breaks_of(ledger, key)
    if as_json:
        print_json({"places": [asdict(place) for place in places], "breaks": [asdict(one) for one in breaks]})
    elif places:
        for number, place in enumerate(places, start=1):
            _print_place(number, place)
        out.print(_values(places))
        if breaks:
            out.print(_breaks(breaks))
        out.print(f"  The original files are in {settings().archive_dir}, by sha256.", highlight=False, soft_wrap=True)
    if not places:
        say_error(f"No row of {ledger} bears that key.")
        raise typer.Exit(1)


def _print_place(number: int, place: "Place") -> None:
    """A path is as long as it is, and is to be copied: it has a line of its own, which nothing breaks."""
    division = divisions()[place.division_code].full_name
    state = place.state.replace("_", " ")
    out.print(f"{number}  [bold]{place.level}[/] {division}, {place.period:%Y-%m}: {state}", highlight=False)
    for line in (
        place.path,
        f"sheet {place.sheet or '—'}, row {place.row}, sha256 {place.sha256[:12]}",
        f"handed in {place.extract_date}, read {place.loaded_at:%Y-%m-%d %H:%M}",
    ):
        out.print("  ", foreign(line), soft_wrap=True)


def _values(places: list["Place"]) -> Table:
    """What each row says, a column a row; of a superseded one only what has changed since. No value is cut short."""
    rows = (Column(str(number), overflow="fold") for number, _ in enumerate(places, start=1))
    table = Table(Column(overflow="fold"), *rows, title="What they say")
    for label in dict.fromkeys(label for place in places for label in place.values):
        table.add_row(label, *(foreign(_value(place, label)) for place in places))
    return table


def _value(place: "Place", label: str) -> str:
    from taizhang.wording import NO_COLUMN

    return NO_COLUMN if label in place.absent else place.values.get(label, "")


def _breaks(breaks: list["OpenBreak"]) -> Table:
    table = Table("Period", "Kind", "Column", "Since", "Answer", "Reason", "Ledgers", title="Open breaks")
    for one in breaks:
        told = (f"{one.period:%Y-%m}", one.kind, one.column, str(one.first_seen), one.answer, one.reason, one.outcome)
        table.add_row(*(foreign(text or "") for text in told))
    return table
