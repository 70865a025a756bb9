"""Counties to inject faults into, and the table of what was injected, how often, and what was lost."""

import os
import random
import re
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from taizhang import warehouse
from tests.chaos.county import PEOPLE, STARTED, Found, Shaken
from tests.chaos.invariants import Examination
from tests.chaos.tally import Tally, as_table

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
    tally, soaked = config.stash[_TALLY], config.stash[_SOAKED]
    tables: dict[str, Callable[[str], str]] = {
        **({"chaos": lambda before: as_table(tally, before)} if tally else {}),
        **({"soak": lambda _: "\n".join(soaked)} if soaked else {}),
    }
    for name, table in tables.items():
        terminalreporter.section(name)
        terminalreporter.write_line(table(""))
        if page := os.environ.get("RELIABILITY_PAGE"):
            _put(Path(page), name, table)


def _put(page: Path, name: str, table: Callable[[str], str]) -> None:
    """Put a table between its marks in a page, in the place of the one that is there."""
    before, old, after = re.split(
        f"(?<=<!-- {name} -->\n)(.*)(?=<!-- /{name} -->)", page.read_text("utf-8"), flags=re.DOTALL
    )
    page.write_text(f"{before}\n{table(old)}\n\n{after}", encoding="utf-8")


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
    Shaken(home, {}).taizhang("demo", str(home / "inbox"), "--people", str(PEOPLE))
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
def settled(found: Found) -> tuple[Shaken, Examination]:
    """A county that has had a good night, and what there was after it."""
    county = found()
    assert county.night().status == 0
    return county, county.examine()


@pytest.fixture(scope="session")
def lived(settled: tuple[Shaken, Examination]) -> Shaken:
    """A county that has had a good night, and meets with whatever the tests do to it."""
    return settled[0]


@pytest.fixture(scope="session")
def undisturbed(settled: tuple[Shaken, Examination]) -> Examination:
    """What there is in a county to which nothing happened."""
    return settled[1]


@pytest.fixture(scope="module")
def county(found: Found) -> Shaken:
    """A county whose server runs, and that has not had a night."""
    county = found()
    with county.at_home():
        warehouse.migrate()
    return county
