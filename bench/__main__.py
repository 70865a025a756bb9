"""`make bench`: write the demo county, measure each stage beside the plain thing, print the ratios."""

import os
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="taizhang-bench-") as home:
        # A warehouse of its own: what is measured empties its tables.
        os.environ["TAIZHANG_HOME"] = home
        os.environ.pop("TAIZHANG_WAREHOUSE", None)
        from bench import load, read, reconcile
        from taizhang.demo import write_demo
        from taizhang.load import register_people
        from taizhang.warehouse import migrate

        inbox = Path(home) / "inbox"
        console = Console()
        with console.status("Writing the demo county"):
            write_demo(inbox)
            migrate()
        table = Table("Stage", "Ours, s", "Beside it", "s", "Ratio", "Aim")
        for stage in (read, load, reconcile):
            with console.status(f"Measuring {stage.__name__}"):
                measured = stage.measure(inbox)
                register_people()
            table.add_row(
                measured.stage,
                f"{measured.ours:.2f}",
                measured.plain_thing,
                f"{measured.plain:.2f}",
                f"{measured.ratio:.2f}",
                f"≤ {measured.bound:g}",
            )
        console.print(table)


if __name__ == "__main__":
    main()
