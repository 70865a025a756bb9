"""A county of one's own: an installation with its inbox and warehouse, driven by the command line alone."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class County:
    """One installation, whose `var` is `home`; its inbox holds the demo county's extracts."""

    home: Path
    variables: dict[str, str]

    def taizhang(self, *arguments: str) -> Any:
        """What a command says in JSON; it must end well."""
        program = Path(sys.executable).parent / "taizhang"
        ended = subprocess.run(
            [program, *arguments, "--json"],
            env=os.environ | {"TAIZHANG_HOME": str(self.home)} | self.variables,
            capture_output=True,
            text=True,
        )
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    def rows(self, query: str, role: str = "transformer") -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.taizhang("sql", "--as", role, "-c", query)
        return rows

    @property
    def truth(self) -> dict[str, Any]:
        truth: dict[str, Any] = json.loads((self.home / "inbox" / "truth.json").read_text(encoding="utf-8"))
        return truth


Settle = Callable[..., County]
