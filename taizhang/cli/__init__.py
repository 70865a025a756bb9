"""The command line: `taizhang COMMAND`, one module for each group of commands.

Every module is imported with the program, so a command imports what is heavy only when it runs. Exit status:
0 done, 1 done with a bad end (a night that failed), 2 could not run, with one sentence on standard error.
"""

import sys
import warnings

import psycopg
import typer

from taizhang.cli import accept, backup, check, demo, docs, login, night, sql, status, template, trace, up, worker
from taizhang.cli.console import say_error

app = typer.Typer(
    help="台账: a ledger warehouse. Load, build, check, publish and alert, night after night.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(accept.accept)
app.command()(demo.demo)
app.command()(docs.docs)
app.command()(check.check)
app.command()(night.night)
app.command()(login.grant_login)
app.command()(login.revoke_login)
app.command()(sql.sql)
app.command()(status.status)
app.command()(template.template)
app.command()(trace.trace)
app.command()(backup.backup)
app.command()(backup.restore)
app.command()(up.up)
app.command()(up.down)
app.command()(worker.worker)


def main() -> None:
    """Run the command line; what our own modules, a file or the database refuse becomes one sentence."""
    warnings.filterwarnings("ignore", module="platformdirs")  # where it keeps its lock is nobody's concern
    try:
        app()
    except Exception as error:
        ours = type(error).__module__.startswith("taizhang.")
        if not (ours or isinstance(error, OSError | psycopg.Error)):
            raise
        say_error(str(error).strip() or type(error).__name__)
        sys.exit(2)
