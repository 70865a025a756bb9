from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.end_to_end.county import County, Settle


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
