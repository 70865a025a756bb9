"""`taizhang template`: an empty ledger for a clerk."""

from pathlib import Path
from typing import Annotated

import typer

from taizhang.cli.console import AsJson, CommandError, out, print_json
from taizhang.contract import contracts


def template(
    ledger: Annotated[str, typer.Argument(help="employment, training or subsidy.")],
    file: Annotated[
        Path | None, typer.Argument(help="Where to write it; unset, 就业帮扶台账.xlsx or its like.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write an empty workbook of a ledger: its header, lists to choose from, and an example row.

    Example: taizhang template training
    """
    from taizhang.template import template as workbook_of

    contract = contracts().get(ledger)
    if contract is None:
        raise CommandError(f"There is no ledger {ledger!r}: {', '.join(contracts())}")
    path = file or Path(f"{contract.label}.xlsx")
    if path.exists():
        raise CommandError(f"{path} exists already: remove it, or name another file")
    path.write_bytes(workbook_of(contract))
    if as_json:
        print_json({"ledger": ledger, "file": str(path)})
    else:
        out.print(str(path), highlight=False, soft_wrap=True)
