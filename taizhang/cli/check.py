"""`taizhang check`: what the night would say of a file, before it is handed in; without a database."""

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import track
from rich.text import Text
from upath import UPath

from taizhang.cli.console import AS_DAY, AsJson, err, foreign, out, print_json
from taizhang.division import county
from taizhang.inbox import find_division, place_of, readable
from taizhang.settings import settings

if TYPE_CHECKING:
    from taizhang.receipt import Handled

_SHOWN = 20
_STYLES = {"error": "red", "warning": "yellow"}


def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", exists=True, dir_okay=False, readable=True)],
    division: Annotated[str | None, typer.Option(help="Who hands it in: a code, 高沙镇, or 高沙镇/云峰村.")] = None,
    day: Annotated[date | None, typer.Option("--date", **AS_DAY, help="The day it is handed in.")] = None,
    receipt: Annotated[Path | None, typer.Option(metavar="DIR", help="Write a receipt for each file there.")] = None,
    as_json: AsJson = False,
) -> None:
    """Read files as the night would, and say what is wrong in them.

    Who hands them in, and when, is told by an inbox's folders; elsewhere it is the county, today, unless said.
    Exit status: 0 every row is accepted, 1 some are not, 2 could not run. Example: taizhang check 台账.xlsx
    """
    refused, objects = False, []
    for path, handled in _checked(files, division, day, receipt):
        refused |= bool(handled.rows_rejected or not (handled.ledgers or handled.is_worklist))
        if as_json:
            objects.append(_as_object(path, handled))
        else:
            _print(path, handled)
    if as_json:
        print_json(objects)
    if refused:
        raise typer.Exit(1)


def _checked(
    files: list[Path], division: str | None, day: date | None, receipts: Path | None
) -> Iterator[tuple[Path, "Handled"]]:
    from taizhang.batch import read_in_batches
    from taizhang.extract import HandedIn
    from taizhang.receipt import handle, receipt
    from taizhang.store import write

    owner = find_division(division) if division else None
    folders = _folders_apart(files)

    def handed_in(path: Path) -> HandedIn:
        place, on = place_of(path) or (county(), settings().today())
        return HandedIn(path.read_bytes(), owner or place, day or on, name=readable(path.name))

    read = zip(files, read_in_batches(map(handed_in, files)), strict=True)
    for path, (given, file) in track(
        read, "正在读取", total=len(files), console=err, transient=True, disable=not err.is_terminal
    ):
        handled = handle(given.name, given.division, file, folders[path])
        if receipts:
            write(UPath(receipts / handled.receipt_name), receipt(given.content, handled))
        yield path, handled


def _folders_apart(files: list[Path]) -> dict[Path, str]:
    """For each file the folders that tell it from the others of its name, if there are any."""
    from taizhang.receipt import folder_name

    of_name: dict[str, list[Path]] = {}
    for path in dict.fromkeys(files):
        of_name.setdefault(path.name, []).append(path)
    apart: dict[Path, str] = {}
    for paths in of_name.values():
        common = os.path.commonpath([path.absolute().parent for path in paths])
        apart |= {path: folder_name(map(readable, path.absolute().parent.relative_to(common).parts)) for path in paths}
    return apart


def _print(path: Path, handled: "Handled") -> None:
    from taizhang.receipt import SEVERITIES

    out.print(foreign(readable(str(path)), style="bold"), soft_wrap=True)
    period = f"　报告期：{handled.periods}" if handled.taken else ""
    out.print(Text(f"  {handled.labels}{period}　{handled.counts}　{handled.verdict}"), soft_wrap=True)
    if not handled.problems.height:
        return
    for problem in handled.problems.sort("severity", maintain_order=True).head(_SHOWN).iter_rows(named=True):
        severity = Text(SEVERITIES[problem["severity"]], style=_STYLES[problem["severity"]])
        place = problem["cell"] or (f"第{problem['row_number']}行" if problem["row_number"] else "")
        at = " ".join(filter(None, (problem["sheet"], place)))
        told = foreign(f" {at}：{problem['message']}" if at else f" {problem['message']}")
        out.print(Text.assemble("  ", severity, told), soft_wrap=True)
    if handled.problems.height > _SHOWN:
        out.print(f"  还有{handled.problems.height - _SHOWN:,}条，见回执：--receipt DIR", highlight=False)


def _as_object(path: Path, handled: "Handled") -> dict[str, Any]:
    return {
        "file": readable(str(path)),
        "ledger": ",".join(handled.ledgers) or None,
        "period": ",".join(dict.fromkeys(f"{period:%Y-%m}" for _, period in handled.taken)) or None,
        "level": handled.division.level,
        "division_code": handled.division.code,
        "rows": {
            "read": handled.rows_read,
            "accepted": handled.rows_accepted,
            "rejected": handled.rows_rejected,
        },
        "problems": handled.problems.rename({"row_number": "row", "column_name": "column"}).to_dicts(),
    }
