"""`taizhang worker`: this machine takes tasks from another's Airflow."""

from typing import Annotated

import typer

from taizhang import airflow


def worker(
    name: Annotated[str | None, typer.Option(help="Its name, where a machine has several.")] = None,
) -> None:
    """Take tasks from the broker that AIRFLOW__CELERY__BROKER_URL names, until it is interrupted.

    Example: taizhang worker --name second
    """
    airflow.work(name)
