"""`taizhang docs`: the models and the checks, in a browser."""

from contextlib import nullcontext, suppress
from typing import Annotated

import typer

from taizhang import docs as pages
from taizhang.cli.console import AsJson, err, out, print_json


def docs(
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve the site on this machine.")] = True,
    port: Annotated[int, typer.Option(help="Port to serve it on.")] = 8090,
    as_json: AsJson = False,
) -> None:
    """Build the site of the models, their columns and lineage, with the checks' Data Docs, and serve it.

    Example: taizhang docs --no-serve
    """
    with pages.serve(port) if serve and not as_json else nullcontext() as server:
        with err.status("Building the docs"):
            index = pages.build_docs()
        if as_json:
            print_json({"index": str(index)})
        elif server is None:
            out.print(f"The docs are in {index}", soft_wrap=True)
        else:
            out.print(f"The docs are at http://127.0.0.1:{server.server_port}/ until Ctrl-C", soft_wrap=True)
            with suppress(KeyboardInterrupt):
                server.serve_forever()
