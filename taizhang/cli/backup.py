"""`taizhang backup` and `taizhang restore`: the warehouse and the archive, kept elsewhere and brought back."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from taizhang import backup as backups
from taizhang import night as nights
from taizhang.cli.console import AsJson, err, out, print_json
from taizhang.settings import settings

Folder = Annotated[Path | None, typer.Argument(metavar="DIR", help="Folder of backups; unset, TAIZHANG_BACKUP.")]


def backup(
    directory: Folder = None,
    keep: Annotated[int | None, typer.Option(min=1, help="Keep that many of the newest; unset, all.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write a backup of the warehouse and of the archive; a night may run meanwhile.

    Put DIR on another disk. Example: taizhang backup DIR --keep 14
    """
    with err.status("Writing the backup"):
        made = backups.make_backup(directory or settings().backup_dir, keep=keep)
    _tell("Backed up to", made, as_json=as_json)
    backups.refuse_lost(made)


def restore(
    directory: Folder = None,
    replace: Annotated[bool, typer.Option("--replace", help="What the warehouse holds now may go.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring back the newest backup of DIR, or the one that DIR is; all of it or nothing, and not while a night runs.

    Example: taizhang restore DIR --replace
    """
    nights.refuse_running()  # it would go on loading into what is brought back
    with err.status("Restoring"):
        restored = backups.restore(directory or settings().backup_dir, replace=replace)
    _tell("Restored from", restored, as_json=as_json)


def _tell(what: str, told: backups.Backup, *, as_json: bool) -> None:
    counted: dict[str, Any] = asdict(told) | {
        "rows": sum(told.rows.values()),
        "files": len(told.sha256),
        "lost": len(told.lost),
    }
    del counted["sha256"]
    if as_json:
        print_json(counted)
    else:
        out.print(f"{what} {told.folder}", highlight=False, soft_wrap=True)
        out.print(f"  {counted['rows']:,} rows, {counted['files']:,} original files, as of {told.made_at}")
        if told.lost:
            out.print(f"  {counted['lost']:,} original files had been lost by then")
