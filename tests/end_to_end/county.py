"""A county of one's own: an installation with its inbox and warehouse, driven by the command line alone."""

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from taizhang.settings import PROJECT


@dataclass(frozen=True)
class County:
    """One installation, whose `var` is `home`; its inbox holds the demo county's extracts."""

    home: Path
    variables: dict[str, str]

    def taizhang(self, *arguments: str, status: int = 0) -> Any:
        """What a command says in JSON; it must end well, or with that exit status."""
        program = Path(sys.executable).parent / "taizhang"
        ended = subprocess.run(
            [program, *arguments, "--json"],
            env=os.environ | {"TAIZHANG_HOME": str(self.home)} | self.variables,
            capture_output=True,
            text=True,
        )
        assert ended.returncode == status, ended.stderr
        return json.loads(ended.stdout)

    def rows(self, query: str, role: str = "transformer") -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.taizhang("sql", "--as", role, "-c", query)
        return rows

    @property
    def outcomes(self) -> set[str]:
        """How the nights that have ended did; one that runs by day may still be at work."""
        nights = self.rows("select status from reconciliation.night where ended_at is not null")
        return {night["status"] for night in nights}

    def rebuild(self) -> None:
        """Build every table anew beside the published ones, as if no night had been before."""
        program = (
            "from datetime import date; from taizhang.build import run_dbt;"
            " run_dbt(date(2020, 12, 31), 'build', '--full-refresh', '--exclude-resource-type', 'unit_test',"
            " '--exclude-resource-type', 'test')"
        )
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"TAIZHANG_HOME": str(self.home)} | self.variables,
            check=True,
        )

    def metrics(self, folder: Path, names: Sequence[str], by: str) -> dict[tuple[str, ...], list[float | None]]:
        """What MetricFlow says of the published marts, or of those that `variables` name, by the values of `by`;
        percentages to two decimals.
        """
        project = shutil.copytree(PROJECT / "dbt_project", folder / "dbt_project")
        variables = {"TAIZHANG_HOME": str(self.home), "TAIZHANG_MARTS_SCHEMA": "marts", "DBT_PROFILES_DIR": "."}
        variables |= self.variables
        query = ["mf", "query", "--metrics", ",".join(names), "--group-by", by, "--csv", "told.csv"]
        for command in (["dbt", "--quiet", "parse"], query):
            program = Path(sys.executable).parent / command[0]
            subprocess.run([program, *command[1:]], cwd=project, env=os.environ | variables, check=True)
        with (project / "told.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))  # MetricFlow has an order of its own
        return {
            tuple(row[group].removesuffix(" 00:00:00") for group in by.split(",")): [
                round(float(row[name]), 2) if row[name] else None for name in names
            ]
            for row in rows
        }

    @property
    def truth(self) -> dict[str, Any]:
        truth: dict[str, Any] = json.loads((self.home / "inbox" / "truth.json").read_text(encoding="utf-8"))
        return truth


Settle = Callable[..., County]
