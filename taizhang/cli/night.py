"""`taizhang night`: one night through its DAG, in this process, and what a person reads of it."""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer
from rich.console import Console, Group
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from upath import UPath

from taizhang import airflow
from taizhang import night as nights
from taizhang.cli.console import AS_DAY, AsJson, foreign, out, print_json, say_error
from taizhang.cli.status import open_breaks
from taizhang.settings import settings
from taizhang.steps import OpenNight, explain_empty, folders
from taizhang.warehouse import WarehouseDownError

_INTERRUPTED = 128 + signal.SIGINT
_TASKS = {
    "open_night": "Open",
    "load": "Load",
    "answer": "Answer",
    "register_people": "Register people",
    "build": "Build",
    "check": "Check",
    "publish": "Publish",
    "write_worklists": "Write worklists",
    "alert": "Alert",
}


def night(
    inbox: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="Folder of extracts; unset, the settings' inbox."),
    ] = None,
    day: Annotated[
        date | None,
        typer.Option("--date", **AS_DAY, help="The night's date; unset, the newest dated folder of the inbox."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run one night in this process: load, answer, build, check, publish, alert.

    For a date before the newest published night's, reproduce that night beside what is published.

    Exit status: 0 the night came through, whatever it found; 1 it failed; 2 it could not begin; 130 it was stopped.
    Example: taizhang night --date 2020-12-31
    """
    conf = {"date": day and day.isoformat(), "inbox": inbox and str(inbox.resolve())}
    log = settings().airflow_home / "logs" / f"night-{datetime.now():%Y%m%d-%H%M%S}.log"
    try:
        with _progress() as on_event:
            run = airflow.run_in_process("night", conf, log=log, on_event=on_event)
    except KeyboardInterrupt:
        say_error("Stopped. What has been loaded stays, and so does what is published; the next night goes on from it.")
        raise typer.Exit(_INTERRUPTED) from None
    opened = run.results.get("open_night")
    summary = opened and _summarise(opened["night_id"], run)
    if opened is not None and summary is not None:
        if as_json:
            print_json(summary)
        else:
            out.print(_report_reproduction(summary) if opened["is_reproduction"] else _report(opened, summary))
    if not run.succeeded:
        say_error(f"{run.error}\nAll that was printed on the way is in {log}")
        raise typer.Exit(2 if opened is None else 1)


def _summarise(night_id: int, run: airflow.Run) -> dict[str, Any] | None:
    """The figures of the night; none where it failed because the warehouse is gone."""
    try:
        return nights.summarise(night_id)
    except (WarehouseDownError, psycopg.OperationalError):
        if run.succeeded:
            raise
        return None


@contextmanager
def _progress() -> Iterator[Any]:
    """Show the tasks of the night to a person; the terminal is kept apart from what Airflow prints."""
    with os.fdopen(os.dup(2), "w", encoding="utf-8") as terminal:
        console = Console(file=terminal)
        columns = (
            SpinnerColumn(finished_text="✓"),
            TextColumn("{task.description:<16}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[name]}"),
        )
        with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
            rows = {"airflow": progress.add_task("Start Airflow", total=1, name="")}

            def on_event(event: airflow.TaskEvent) -> None:
                if event.task not in _TASKS:
                    return
                progress.update(rows["airflow"], completed=1)
                if event.task not in rows:
                    rows[event.task] = progress.add_task(_TASKS[event.task], total=_count(event.task), name="")
                progress.update(
                    rows[event.task],
                    advance=1 if event.state == "success" else 0,
                    name={"running": event.name, "success": "", "failed": "[red]failed"}[event.state],
                )

            yield on_event


def _count(task: str) -> int:
    """How many tasks of that name the night has, as the first of them begins."""
    from taizhang.answer import offices_owed

    if task == "load":
        return len(folders())
    return len(offices_owed()) if task == "answer" else 1


def _report(opened: OpenNight, summary: dict[str, Any]) -> Group:
    """The summary as a person reads it in the morning, and where to look next."""
    table = Table(title=f"The night of {summary['date']}", show_header=False, title_justify="left")
    table.add_row("Files", _counts(summary["files"]))
    if not summary["files"]["received"]:
        table.add_row("", foreign(explain_empty(opened), style="yellow"))
    table.add_row("Rows", _counts(summary["rows"]))
    table.add_row("Breaks", _counts(summary["breaks"]))
    by_ledger = Counter[str]()
    for count in open_breaks():
        by_ledger[count.ledger] += count.open
    for ledger, open_ in by_ledger.items():
        table.add_row(f"  {ledger}", f"{open_:,} open")
    table.add_row("Expectations", _counts(summary["expectations"]))
    table.add_row("Alerts", f"{summary['alerts_sent']} sent")
    table.add_row("Seconds", _seconds(summary))
    if seconds := nights.answer_seconds(opened["night_id"]):
        table.add_row("Receipts", f"{seconds:.1f} seconds of work, besides")
    slowest = nights.slowest_models(opened["night_id"])
    table.add_row("Slowest models", "\n".join(f"{name} {seconds:.1f}" for name, seconds in slowest))
    return Group(table, *(f"  {label:<12} {path}" for label, path in _next(opened)))


def _report_reproduction(summary: dict[str, Any]) -> Table:
    table = Table(title=f"The night of {summary['date']}, reproduced", show_header=False, title_justify="left")
    table.add_row("Reproduction", _as_published(summary["date"], summary["reproduction"]))
    table.add_row("Breaks", _counts(summary["breaks"]))
    table.add_row("Seconds", _seconds(summary))
    return table


def _as_published(day: str, found: dict[str, Any] | None) -> str:
    """Whether it is what was published then, and where it is to be read; None where it was not finished."""
    if found is None:
        return "not finished; what is published stays as it is"
    differing = found["differing"]
    if found["of_night"] is None:
        verdict = "no night was published for that date; built from what was handed in by then"
    elif differing is None:
        verdict = f"night {found['of_night']} kept no checksums to compare with"
    elif differing:
        verdict = f"differs from night {found['of_night']}, by changed models or rules, in {', '.join(differing)}"
    else:
        verdict = f"equal to what night {found['of_night']} published"
    return f"{verdict}\nin {' and '.join(found['schemas'])}: taizhang sql --as-of {day}"


def _seconds(summary: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value:.1f}" for name, value in summary["seconds"].items())


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def _next(opened: OpenNight) -> Iterator[tuple[str, UPath]]:
    """What there is to look at after a night."""
    outbox, night_date = settings().outbox_dir, opened["night_date"]
    places = {
        "Alert": outbox / "alerts" / f"{night_date}.md",
        "Worklists": outbox / "worklists" / night_date,
        "Receipts": outbox / "receipts" / str(nights.newest_answered(opened["night_id"])),
        "Data Docs": outbox / "data_docs" / "index.html",
    }
    yield from ((label, path) for label, path in places.items() if path.exists())
