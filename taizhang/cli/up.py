"""`taizhang up` and `taizhang down`: Airflow with its scheduler, on this machine."""

from dataclasses import asdict

from taizhang import airflow
from taizhang.cli.console import AsJson, err, out, print_json
from taizhang.warehouse import stop_embedded_server


def up(as_json: AsJson = False) -> None:
    """Serve Airflow; its scheduler runs the night at 02:00 Asia/Shanghai, until `taizhang down`."""
    from taizhang.channel import check_channels

    check_channels()  # nobody would look at the night that it ends
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
    stopped = {"airflow": airflow.stop(), "postgres": stop_embedded_server()}
    if as_json:
        print_json(stopped)
        return
    names = [name for name, was_running in stopped.items() if was_running]
    out.print(f"Stopped {' and '.join(names)}." if names else "Nothing was running.")
