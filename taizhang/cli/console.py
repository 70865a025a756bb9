"""How commands talk: to a person through rich, to a machine in JSON, of an error in one sentence."""

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")]

out = Console()
err = Console(stderr=True)


class CommandError(Exception):
    """A command cannot do what it was asked."""


def print_json(value: Any) -> None:
    """Print one JSON value on standard output; what JSON has no form for (dates, money) as text."""
    typer.echo(json.dumps(value, ensure_ascii=False, default=str))


def say_error(sentence: str) -> None:
    err.print(Text.assemble(("Error: ", "bold red"), sentence), soft_wrap=True)
