"""How commands talk: to a person through rich, to a machine in JSON, of an error in one sentence."""

import json
import re
from dataclasses import is_dataclass
from datetime import date
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")]

out = Console()
err = Console(stderr=True)


def day(text: str) -> date:
    """A day as an option takes it: 2020-12-31."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no day; write it as 2020-12-31.") from error


AS_DAY: dict[str, Any] = {"parser": day, "metavar": "YYYY-MM-DD"}


class CommandError(Exception):
    """A command cannot do what it was asked."""


def print_json(value: Any) -> None:
    """Print one JSON value on standard output: a dataclass as an object, what JSON has no form for (dates) as text."""
    typer.echo(json.dumps(value, ensure_ascii=False, default=lambda one: vars(one) if is_dataclass(one) else str(one)))


def foreign(text: str, style: str = "") -> Text:
    """Text from a ledger, or a file's name, as a terminal may show it: it commands nothing and is no markup."""
    return Text(re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", "�", text), style=style)


def say_error(sentence: str) -> None:
    err.print(Text.assemble(("Error: ", "bold red"), foreign(sentence)), soft_wrap=True)
