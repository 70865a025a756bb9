"""`taizhang sql`: SQL on the warehouse, as one of its roles."""

import os
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from taizhang import audit
from taizhang.cli.console import AS_DAY, AsJson, CommandError, err, print_json
from taizhang.night import NightError
from taizhang.reproduction import as_of
from taizhang.warehouse import Role, connect, on_command_line, postgres_program, session_options, warehouse_url


def sql(
    role: Annotated[Role, typer.Option("--as", help="The role to ask as.")] = "analyst",
    command: Annotated[str | None, typer.Option("--command", "-c", help="One query, then leave.")] = None,
    day: Annotated[
        date | None, typer.Option("--as-of", **AS_DAY, help="Ask how things stood on a day; name no schema.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Open pgcli, or psql where there is none, on the warehouse as a role, or ask one query.

    Example: taizhang sql -c "select count(*) from marts.fct_training"
    """
    search_path = _search_path(day, command) if day else None
    audit.record("sql", role, query=command and audit.outline(command), as_of=day and day.isoformat())
    if not as_json:
        _open(role, search_path) if command is None else _ask(role, command, search_path)
    elif command is None:
        raise CommandError("--json needs a query: taizhang sql --json -c SQL.")
    else:
        print_json(_rows(role, command, search_path))


def _search_path(day: date, command: str | None) -> str:
    """Where a table's bare name is looked up. A schema in a query would be that of the live tables."""
    if command and (named := re.search(r"\b(marts|reconciliation)\s*\.", command)):
        raise CommandError(f"{named[0]} is the live schema: with --as-of leave it out, as in `from fct_training`.")
    try:
        return ",".join(as_of(day))
    except NightError as error:
        raise CommandError(str(error)) from error


def _rows(role: Role, command: str, search_path: str | None) -> list[dict[str, object]]:
    with connect(role) as connection:
        if search_path:
            connection.execute("select set_config('search_path', %s, false)", [search_path])
        cursor = connection.execute(command.encode())
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()] if names else []


def _open(role: Role, search_path: str | None) -> None:
    """Hand the terminal over to pgcli, which completes names, or to psql where no person sits."""
    if search_path:
        err.print(f"A table without a schema is looked up in {search_path}; with one, it is the live table.")
    pgcli = shutil.which("pgcli", path=Path(sys.executable).parent) if sys.stdin.isatty() else None
    program = pgcli or str(postgres_program("psql"))
    database, password = on_command_line(warehouse_url())
    os.execve(program, [program, database], _environment(role, search_path) | password)  # noqa: S606  # it takes the terminal over


def _ask(role: Role, command: str, search_path: str | None) -> None:
    database, password = on_command_line(warehouse_url())
    arguments = [str(postgres_program("psql")), "--dbname", database, "--no-psqlrc", "--command", command]
    if subprocess.run(arguments, env=_environment(role, search_path) | password, check=False).returncode:
        raise typer.Exit(2)


def _environment(role: Role, search_path: str | None) -> dict[str, str]:
    """The role, and where it looks tables up."""
    options = session_options(role=role) if search_path is None else session_options(role=role, search_path=search_path)
    return os.environ | {"PGOPTIONS": options}
