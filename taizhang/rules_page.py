"""`docs/rules.md`, written from the rules and normalisations in the code: `python -m taizhang.rules_page`."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from taizhang.rules import NORMALISATIONS, RULES
from taizhang.settings import PROJECT

PAGE = PROJECT / "docs" / "rules.md"
_HEAD = """<!-- Written by `make contracts` from taizhang/rules.py: change it there. -->
# Rules and normalisations

What an extract is held to, and what is made of a cell before it is held to anything. `taizhang check FILE` and
every receipt name these rules.

## Rules

An `error` rejects the row, or the file where the rule is about the file; its text is kept and its cell is red in the
receipt. A `warning` lets the row pass; its cell is yellow.
"""
_NORMALISATIONS = """
## Normalisations

These, and nothing else, may make an accepted value differ from what the clerk wrote. The file itself is kept as it
came, in the archive. Where two ledgers are compared, names are folded further: any interpunct is U+00B7, and (户主)
or (本人) behind a name goes (dbt macro `folded_name`); what is stored does not change. Of a person who does not work,
or farms, a 务工月收入 of 0 is an empty cell. The examples are of the first kind named; `—` stands for an empty cell.
"""


def render() -> str:
    rules = (
        (f"`{rule.id}`", rule.severity, rule.checks, rule.example, rule.message, rule.source) for rule in RULES.values()
    )
    normalisations = (
        (", ".join(f"`{kind}`" for kind in one.kinds), one.does, one.written, one.kept or "—") for one in NORMALISATIONS
    )
    return "\n".join(
        [
            _HEAD,
            *table(("Rule", "Severity", "It holds that", "Broken by", "What the clerk reads", "Source"), rules),
            _NORMALISATIONS,
            *table(("Kinds of column", "What is done", "Written", "Kept"), normalisations),
            "",
        ]
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines]


def main(page: Path = PAGE) -> None:
    page.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
