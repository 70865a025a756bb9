"""`taizhang demo`: the demo county's extracts."""

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from taizhang.cli.console import AS_DAY, AsJson, CommandError, err, out, print_json


def demo(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write to, an inbox.")],
    day: Annotated[date | None, typer.Option("--date", **AS_DAY, help="The day that it is handed in.")] = None,
    people: Annotated[int | None, typer.Option(min=1, help="Labourers; unset, all 47,548.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same county.")] = None,
    clean: Annotated[bool, typer.Option("--clean", help="Plant no faults and no breaks.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the demo county's extracts into DIR/<date>, and DIR/truth.json with all that is planted in them.

    Example: taizhang demo var/inbox --people 2000
    """
    from taizhang.demo import DATE, PEOPLE, SEED, write_demo

    with Progress(console=err, transient=True, disable=not err.is_terminal) as progress:
        bar = progress.add_task("Writing the demo county", total=None)
        try:
            written = write_demo(
                directory,
                date=day or DATE,
                people=PEOPLE if people is None else people,
                seed=SEED if seed is None else seed,
                clean=clean,
                progress=lambda done, total: progress.update(bar, completed=done, total=total),
            )
        except ValueError as error:
            raise CommandError(str(error)) from error
    if as_json:
        print_json(asdict(written))
    elif out.is_terminal:
        out.print(
            f"{written.files:,} files with {written.rows:,} rows in {directory}, "
            f"{written.faults:,} planted faults, {written.breaks:,} breaks to find (see truth.json)."
        )
        if people not in (None, PEOPLE):
            out.print(f"The published figures are those of {PEOPLE:,} people: with others they will be unmet.")
