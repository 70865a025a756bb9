"""`taizhang trace`: where a record came from."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Column, Table

from taizhang.cli.console import AsJson, out, print_json, say_error
from taizhang.division import divisions
from taizhang.settings import settings
from taizhang.trace import Place
from taizhang.trace import trace as places_of


def trace(
    ledger: Annotated[str, typer.Argument(help="employment, training or subsidy.")],
    key: Annotated[str, typer.Argument(help="An identity number, a labourer_key, a class or a payment number.")],
    as_json: AsJson = False,
) -> None:
    """Show where a record came from: file, sheet and row, at each level.

    Exit status: 0 found, 1 no such record. Example: taizhang trace subsidy P20200001
    """
    places = places_of(ledger, key)
    if as_json:
        print_json([asdict(place) for place in places])
    elif places:
        out.print(_table(places))
        out.print(f"  The original files are in {settings().archive_dir}, by sha256.", highlight=False, soft_wrap=True)
    if not places:
        say_error(f"No row of {ledger} bears that key.")
        raise typer.Exit(1)


def _table(places: list[Place]) -> Table:
    file = Column("File", overflow="fold")
    table = Table("Level", "Division", "Period", "State", "Handed in", file, "Sheet", "Row", "sha256")
    for place in places:
        table.add_row(
            place.level,
            divisions()[place.division_code].name,
            f"{place.period:%Y-%m}",
            place.state,
            place.extract_date.isoformat(),
            place.path,
            place.sheet,
            str(place.row),
            place.sha256[:12],
        )
    return table
