from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.end_to_end.county import County, Settle
from tests.end_to_end.findings import Tally

_TALLY = pytest.StashKey[Tally]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_TALLY] = Tally()


@pytest.fixture(scope="session")
def tally(pytestconfig: pytest.Config) -> Tally:
    """Its table is printed at the end."""
    return pytestconfig.stash[_TALLY]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.stash[_TALLY].counts:
        terminalreporter.section("truth")
        terminalreporter.write_line(str(config.stash[_TALLY]))


@pytest.fixture(scope="session")
def settle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settle]:
    """Settle a demo county of so many people; what serves it is stopped at the end."""
    with ExitStack() as stack:

        def settle(people: int, *options: str, **variables: str) -> County:
            county = County(tmp_path_factory.mktemp("county"), variables)
            stack.callback(county.taizhang, "down")
            county.taizhang("demo", str(county.home / "inbox"), "--people", str(people), *options)
            return county

        yield settle
