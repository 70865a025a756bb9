"""Nights in one process, for each date that is written to it, as their tasks are called: what leaks, shows."""

import sys
from types import SimpleNamespace

from taizhang import steps


def run_night(day: str) -> None:
    opened = steps.open_night({"date": day, "inbox": None, "quiet": False}, SimpleNamespace(run_type="manual"))
    for folder in steps.folders():
        steps.load(opened, **folder)
    for folder in steps.folders_owed(opened):
        steps.answer(opened, **folder)
    steps.register_people(opened)
    marts_schema = steps.build(opened)
    steps.check(opened, marts_schema)
    steps.publish(opened, marts_schema)
    steps.write_worklists(opened)
    steps.alert(opened, {"quiet": False})
    steps.close_night(opened)


if __name__ == "__main__":
    for line in sys.stdin:
        run_night(line.strip())
        print("published", flush=True)  # noqa: T201  # whoever wrote the date waits for this
