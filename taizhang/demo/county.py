"""The demo county: a synthetic Dongkou that adds up to what the county published, handed in as clerks do."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import numpy as np

from taizhang.demo.drift import copies, drift, only_county
from taizhang.demo.employment import employ
from taizhang.demo.figures import Figures, figures_for
from taizhang.demo.files import write_files
from taizhang.demo.ledger import Ledger
from taizhang.demo.payments import Grounds
from taizhang.demo.people import populate
from taizhang.demo.subsidy import pay
from taizhang.demo.suspicion import Suspicion, plant
from taizhang.demo.training import train
from taizhang.demo.truth import breaks_of

DATE = date(2020, 12, 31)
PEOPLE = 47_548
SEED = 430525


@dataclass(frozen=True)
class DemoSummary:
    """What was written: files, rows in them, spoilt cells, and breaks that a night must find."""

    files: int
    rows: int
    faults: int
    breaks: int


def write_demo(
    directory: Path,
    *,
    date: date = DATE,
    people: int = PEOPLE,
    seed: int = SEED,
    clean: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> DemoSummary:
    """Write the county's extracts of one day under `directory/<date>`, and `directory/truth.json`.

    The truth names every spoilt cell and every break, with the breaks that follow from them, and every payment
    that an audit must ask about; a clean county has none. `progress` is called with the divisions written and
    the divisions there are. Raises `ValueError` where the county is too small, or others have handed in that day.
    """
    if any((directory / date.isoformat()).glob("*")):
        raise ValueError(
            f"{directory / date.isoformat()} holds extracts already: write the demo county to another folder"
        )
    ledgers = imagine(figures_for(people), date, seed)
    suspicions: list[Suspicion] = []
    if not clean:
        ledgers, suspicions = plant(ledgers, date, np.random.default_rng([seed, 5]))
        ledgers = [
            drift(ledger, np.random.default_rng([seed, 10 + number])) if len(ledger.levels) > 1 else ledger
            for number, ledger in enumerate(ledgers)
        ]
    written = write_files(ledgers, directory, date, seed, progress)
    breaks = [found for ledger in ledgers for found in breaks_of(ledger)]
    truth = {
        "date": date.isoformat(),
        "seed": seed,
        "people": people,
        "clean": clean,
        "faults": [asdict(fault) for fault in written.faults],
        "breaks": [asdict(found) for found in breaks],
        "suspicions": [asdict(suspicion) for suspicion in suspicions],
    }
    text = json.dumps(truth, ensure_ascii=False, indent=1)
    (directory / "truth.json").write_text(text + "\n", encoding="utf-8")
    return DemoSummary(written.files, written.rows, len(written.faults), len(breaks))


def imagine(figures: Figures, on: date, seed: int) -> list[Ledger]:
    """The county's ledgers on a day, the same at all levels; only the county has last year's closing one."""
    people = populate(figures.people, on, np.random.default_rng([seed, 1]))
    current, closing = employ(people, figures, on, np.random.default_rng([seed, 2]))
    training = train(people, figures, on, np.random.default_rng([seed, 3]))
    grounds = Grounds(current, closing, training, figures, on)
    subsidy = pay(people, grounds, np.random.default_rng([seed, 4]))
    year = on.replace(month=1, day=1)
    return [
        copies("employment", on.replace(day=1), current),
        copies("training", year, training),
        copies("subsidy", year, subsidy),
        only_county("employment", on.replace(year=on.year - 1, month=12, day=1), closing),
    ]
