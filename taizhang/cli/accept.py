"""`taizhang accept`: a difference that is known."""

from datetime import date
from typing import Annotated

import typer

from taizhang.accept import accept as accept_break
from taizhang.cli.console import AS_DAY, AsJson, out, print_json


def accept(
    break_id: Annotated[str, typer.Argument(help="break_id in reconciliation.ledger_break.")],
    reason: Annotated[str, typer.Option(help="Why it may stand; no names, no numbers of a person.")],
    by: Annotated[str, typer.Option(help="Who accepts it.")],
    until: Annotated[date, typer.Option(**AS_DAY, help="Last day on which it is accepted.")],
    as_json: AsJson = False,
) -> None:
    """Accept a known difference until a day: it stays visible, and is open again after it or if its values change.

    Example: taizhang accept 0f3c… --reason 报告口径不同 --by 李科长 --until 2021-06-30
    """
    accept_break(break_id, reason=reason, by=by, until=until)
    if as_json:
        print_json({"break_id": break_id, "accepted_until": until.isoformat()})
    else:
        out.print(f"Accepted until {until}; the next night shows it so.")
