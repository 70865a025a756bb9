"""Reaching the warehouse."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.engine import URL, make_url

from taizhang.warehouse import on_command_line

_KEPT = "p@ss"
_AT_ONCE = """
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from taizhang.warehouse import connect

all_here = Barrier(16)


def ask(number):
    all_here.wait()
    with connect() as connection:
        return connection.execute("select %s::integer", [number]).fetchone()[0]


with ThreadPoolExecutor(16) as pool:
    print(sum(pool.map(ask, range(16))))
"""


def test_threads_that_meet_the_server_at_once_all_reach_it(warehouse: Path) -> None:
    told = subprocess.run([sys.executable, "-W", "ignore", "-c", _AT_ONCE], capture_output=True, text=True, check=False)
    assert (told.stdout.strip(), told.stderr) == ("120", "")


@pytest.mark.parametrize(
    "url",
    [
        URL.create("postgresql", "li", _KEPT, "db", 5433, "taizhang", {"sslmode": "require"}),
        URL.create("postgresql", database="taizhang", query={"password": _KEPT, "sslmode": "require"}),
    ],
)
def test_a_password_is_not_on_the_command_line(url: URL) -> None:
    shown, variables = on_command_line(url)
    assert variables == {"PGPASSWORD": _KEPT}
    assert make_url(shown).password is None
    assert make_url(shown).query == {"sslmode": "require"}
    assert make_url(shown).database == "taizhang"
