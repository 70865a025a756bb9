"""`taizhang up` and `taizhang down`: Airflow with its scheduler, on this machine."""

import signal
from contextlib import suppress
from dataclasses import asdict

import psutil

from taizhang import airflow
from taizhang.cli.console import AsJson, err, out, print_json
from taizhang.settings import settings


def up(as_json: AsJson = False) -> None:
    """Serve Airflow; its scheduler runs the night at 02:00 of the county, until `taizhang down`."""
    with err.status("Starting Airflow; the first time takes half a minute"):
        server = airflow.serve()
    if as_json:
        print_json(asdict(server))
        return
    out.print(f"Airflow serves at {server.url}", soft_wrap=True)
    out.print(f"  user      {server.user}, password in {server.password_file}", soft_wrap=True)
    out.print(f"  log       {server.log}", soft_wrap=True)


def down(as_json: AsJson = False) -> None:
    """Stop the Airflow that `taizhang up` started, and then the embedded Postgres."""
    stopped = {"airflow": airflow.stop(), "postgres": _stop_postgres()}
    if as_json:
        print_json(stopped)
        return
    names = [name for name, was_running in stopped.items() if was_running]
    out.print(f"Stopped {' and '.join(names)}." if names else "Nothing was running.")


def _stop_postgres() -> bool:
    """Stop the embedded server if it runs; an interrupt asks it to end its sessions in order."""
    with suppress(FileNotFoundError, ValueError, psutil.NoSuchProcess):  # initdb writes a number below zero
        pid = (settings().postgres_dir / "postmaster.pid").read_text(encoding="ascii").split()[0]
        process = psutil.Process(int(pid))
        if process.name() == "postgres":
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)
            return True
    return False
