"""`make bench`: write the demo county, measure each stage beside the plain thing, print the ratios."""

from rich.console import Console
from rich.table import Table

from bench.warehouse import own_warehouse


def main() -> None:
    with own_warehouse() as home:
        from bench import load, read, reconcile
        from taizhang.demo import write_demo
        from taizhang.load import register_people

        inbox = home / "inbox"
        console = Console()
        with console.status("Writing the demo county"):
            write_demo(inbox)
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
