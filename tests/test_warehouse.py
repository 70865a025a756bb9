"""Reaching the warehouse."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from taizhang.warehouse import on_command_line

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
    "url", ["postgresql://li:p%40ss@db:5433/taizhang?sslmode=require", "postgresql:///x?password=p%40ss"]
)
def test_a_password_is_not_on_the_command_line(url: str) -> None:
    shown, variables = on_command_line(make_url(url))
    assert variables == {"PGPASSWORD": "p@ss"}
    assert "ss@" not in shown.replace("sslmode", "")
    assert "p%40ss" not in shown
    assert make_url(shown).query == {n: v for n, v in make_url(url).query.items() if n != "password"}
