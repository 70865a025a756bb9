"""Counties to inject faults into, and the table of what was injected, how often, and what was lost."""

import os
import random
import re
import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from taizhang import warehouse
from tests.chaos.county import STARTED, Found, Shaken
from tests.chaos.invariants import Examination
from tests.chaos.tally import Tally, as_table

PEOPLE = "300"
_TALLY, _SOAKED = pytest.StashKey[Tally](), pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_TALLY], config.stash[_SOAKED] = {}, []


@pytest.fixture(scope="session")
def tally(pytestconfig: pytest.Config) -> Tally:
    return pytestconfig.stash[_TALLY]


@pytest.fixture(scope="session")
def soaked(pytestconfig: pytest.Config) -> list[str]:
    return pytestconfig.stash[_SOAKED]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    tally = config.stash[_TALLY]
    tables = {"chaos": [as_table(tally)] if tally else [], "soak": config.stash[_SOAKED]}
    for name, lines in tables.items():
        if lines:
            terminalreporter.section(name)
            terminalreporter.write_line("\n".join(lines))
            if page := os.environ.get("RELIABILITY_PAGE"):
                _put(Path(page), name, "\n".join(lines))


def _put(page: Path, name: str, table: str) -> None:
    """Put a table between its marks in a page."""
    before, _, after = re.split(
        f"(?<=<!-- {name} -->\n)(.*)(?=<!-- /{name} -->)", page.read_text("utf-8"), flags=re.DOTALL
    )
    page.write_text(f"{before}\n{table}\n\n{after}", encoding="utf-8")


@pytest.fixture(scope="session")
def tries() -> int:
    """How often a fault that strikes at random is injected; `make chaos` asks for more than a test needs."""
    return int(os.environ.get("CHAOS_TRIES", "3"))


@pytest.fixture
def chance() -> random.Random:
    return random.Random(990525)  # noqa: S311  # the same moments each time


@pytest.fixture(scope="session")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("inbox")
    Shaken(home, {}).taizhang("demo", str(home / "inbox"), "--people", PEOPLE)
    return home / "inbox"


@pytest.fixture(scope="session")
def found(inbox: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Found]:
    """Found a county with the same inbox as the others; what serves it is stopped at the end."""
    with ExitStack() as stack:

        def found(**variables: str) -> Shaken:
            county = Shaken(tmp_path_factory.mktemp("county"), variables)
            shutil.copytree(inbox, county.home / "inbox")
            stack.callback(county.taizhang, "down")
            return county

        yield found
        for process in STARTED:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()


@pytest.fixture(scope="session")
def undisturbed(found: Found) -> Examination:
    """A county to which nothing happened."""
    county = found()
    assert county.night().status == 0
    return county.examine()


@pytest.fixture(scope="module")
def county(found: Found) -> Shaken:
    """A county whose server runs, and that has not had a night."""
    county = found()
    with county.at_home():
        warehouse.migrate()
    return county
