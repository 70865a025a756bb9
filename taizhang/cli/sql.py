"""`taizhang sql`: SQL on the warehouse, as one of its roles."""

import os
import subprocess
from typing import Annotated

import typer

from taizhang.cli.console import AsJson, CommandError, print_json
from taizhang.warehouse import Role, connect, postgres_program, warehouse_url


def sql(
    role: Annotated[Role, typer.Option("--as", help="The role to ask as.")] = "analyst",
    command: Annotated[str | None, typer.Option("--command", "-c", help="One query, then leave.")] = None,
    as_json: AsJson = False,
) -> None:
    """Open psql on the warehouse as a role, or ask one query.

    Example: taizhang sql -c "select count(*) from marts.fct_training"
    """
    if not as_json:
        _psql(role, command)
    elif command is None:
        raise CommandError("--json needs a query: taizhang sql --json -c SQL.")
    else:
        print_json(_rows(role, command))


def _rows(role: Role, command: str) -> list[dict[str, object]]:
    with connect(role) as connection:
        cursor = connection.execute(command.encode())
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()] if names else []


def _psql(role: Role, command: str | None) -> None:
    """Run the psql that the embedded Postgres brings; the password goes where `ps` does not show it."""
    url, program = warehouse_url(), postgres_program("psql")
    variables = os.environ | {"PGOPTIONS": f"-c role={role}"}
    if url.password is not None:
        variables["PGPASSWORD"] = str(url.password)
    arguments = [str(program), "--dbname", url.set(password=None).render_as_string(hide_password=False)]
    if command is None:
        os.execve(program, arguments, variables)  # noqa: S606  # psql takes the terminal over
    asked = subprocess.run([*arguments, "--no-psqlrc", "--command", command], env=variables, check=False)
    if asked.returncode:
        raise typer.Exit(2)
