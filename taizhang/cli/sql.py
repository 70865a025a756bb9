"""`taizhang sql`: SQL on the warehouse, as one of its roles."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from taizhang.cli.console import AsJson, CommandError, print_json
from taizhang.warehouse import Role, connect, postgres_program, warehouse_url


def sql(
    role: Annotated[Role, typer.Option("--as", help="The role to ask as.")] = "analyst",
    command: Annotated[str | None, typer.Option("--command", "-c", help="One query, then leave.")] = None,
    as_json: AsJson = False,
) -> None:
    """Open pgcli, or psql where there is none, on the warehouse as a role, or ask one query.

    Example: taizhang sql -c "select count(*) from marts.fct_training"
    """
    if not as_json:
        _open(role) if command is None else _ask(role, command)
    elif command is None:
        raise CommandError("--json needs a query: taizhang sql --json -c SQL.")
    else:
        print_json(_rows(role, command))


def _rows(role: Role, command: str) -> list[dict[str, object]]:
    with connect(role) as connection:
        cursor = connection.execute(command.encode())
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()] if names else []


def _open(role: Role) -> None:
    """Hand the terminal over to pgcli, which completes names, or to psql where no person sits."""
    pgcli = shutil.which("pgcli", path=Path(sys.executable).parent) if sys.stdin.isatty() else None
    program = pgcli or str(postgres_program("psql"))
    os.execve(program, [program, _url()], _environment(role))  # noqa: S606  # it takes the terminal over


def _ask(role: Role, command: str) -> None:
    arguments = [str(postgres_program("psql")), "--dbname", _url(), "--no-psqlrc", "--command", command]
    if subprocess.run(arguments, env=_environment(role), check=False).returncode:
        raise typer.Exit(2)


def _url() -> str:
    return warehouse_url().set(password=None).render_as_string(hide_password=False)


def _environment(role: Role) -> dict[str, str]:
    """The role, and the password where `ps` does not show it."""
    password = warehouse_url().password
    return os.environ | {"PGOPTIONS": f"-c role={role}"} | ({} if password is None else {"PGPASSWORD": str(password)})
