"""`taizhang worker`: this machine takes tasks from another's Airflow."""

import os
import sys
from typing import Annotated

import typer

from taizhang import airflow
from taizhang.cli.console import AsJson, print_json


def worker(
    name: Annotated[str | None, typer.Option(help="Its name, where a machine has several.")] = None,
    as_json: AsJson = False,
) -> None:
    """Take tasks from the broker that AIRFLOW__CELERY__BROKER_URL names, until it is interrupted.

    With --json its name and process stand alone on standard output. Example: taizhang worker --name second
    """
    variables = airflow.of_worker()
    if as_json:
        print_json({"name": name, "pid": os.getpid()})
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what the worker says goes to standard error
    airflow.work(name, variables)
