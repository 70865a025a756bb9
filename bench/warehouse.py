"""A warehouse of its own for what is measured, as that empties its tables."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def own_warehouse() -> Iterator[Path]:
    """TAIZHANG_HOME in a temporary folder, its Postgres migrated; stopped and removed at the end."""
    with tempfile.TemporaryDirectory(prefix="taizhang-bench-") as home:
        os.environ["TAIZHANG_HOME"] = home
        os.environ.pop("TAIZHANG_WAREHOUSE", None)
        from taizhang.warehouse import migrate, stop_embedded_server

        migrate()
        try:
            yield Path(home)
        finally:
            stop_embedded_server()
