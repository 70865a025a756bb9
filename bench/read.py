"""Reading and validating the townships' employment workbooks, beside reading them into strings."""

from pathlib import Path

import fastexcel

from bench.ratio import Ratio, side_by_side
from taizhang.division import children, county, find_within
from taizhang.extract import HandedIn, read_files
from taizhang.inbox import all_dated_folders
from taizhang.sheet import ZIP_MAGIC


def measure(inbox: Path) -> Ratio:
    handed_in = _employment_workbooks(inbox)

    def plain() -> None:
        for file in handed_in:
            workbook = fastexcel.read_excel(file.content)
            for name in workbook.sheet_names:
                workbook.load_sheet(name, header_row=None, dtypes="string").to_polars()

    return side_by_side("read and validate", lambda: read_files(handed_in), plain, "fastexcel into strings", 3)


def _employment_workbooks(inbox: Path) -> list[HandedIn]:
    folder, day = all_dated_folders(inbox)[-1]
    found = [
        HandedIn(path.read_bytes(), find_within(county().code, path.parent.name), day)
        for path in sorted((folder / "township").glob("*/*"))
    ]
    workbooks = [file for file in found if file.content.startswith(ZIP_MAGIC)]
    ledgers = [{extract.ledger for extract in file.extracts} for file in read_files(workbooks)]
    employment = [file for file, held in zip(workbooks, ledgers, strict=True) if held == {"employment"}]
    assert len(employment) <= len(children(county().code))  # noqa: S101  # one a township at most
    return employment
