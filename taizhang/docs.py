"""Docs: the models with their lineage as dbt tells them, and the checks' Data Docs, to be read in a browser."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from taizhang.build import run_dbt
from taizhang.settings import settings
from taizhang.warehouse import bring_up_to_date

_INDEX = """<!doctype html>
<html lang="zh">
<meta charset="utf-8">
<title>台账 Docs</title>
<h1>台账</h1>
<ul>
<li><a href="models.html">数据模型与血缘 Models and their lineage</a></li>
<li><a href="data_docs/index.html">数据检查 Checks of the last night</a></li>
</ul>
</html>
"""


class DocsError(RuntimeError):
    """The docs cannot be shown."""


def site_dir() -> Path:
    """It stands apart from the rest of the outbox, as receipts and worklists are not for everybody."""
    return settings().data_docs_dir.with_name("docs")


def build_docs() -> Path:
    """Build the site in `outbox/docs`; returns its first page. No value of a row is in it. Raises `BuildError`."""
    bring_up_to_date()
    published = {"TAIZHANG_MARTS_SCHEMA": "marts"}
    run_dbt(settings().today(), "docs", "generate", "--static", target="docs", variables=published)
    site = site_dir()
    shutil.rmtree(site, ignore_errors=True)
    site.mkdir(parents=True)
    shutil.copy(settings().home / "dbt" / "docs" / "static_index.html", site / "models.html")
    if (data_docs := settings().data_docs_dir).is_dir():
        shutil.copytree(data_docs, site / "data_docs")
    (site / "index.html").write_text(_INDEX, encoding="utf-8")
    return site / "index.html"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """A page that was read is no news."""


@contextmanager
def serve(port: int) -> Iterator[ThreadingHTTPServer]:
    """A server of the site for this machine alone; port 0 takes any. Raises `DocsError` if it is taken."""
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), partial(_Quiet, directory=str(site_dir())))
    except (OSError, OverflowError) as error:
        raise DocsError(f"Port {port} cannot be served on ({error}): choose another with --port.") from error
    with server:
        yield server
