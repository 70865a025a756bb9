"""An extract: one file that one division hands in for one ledger, read into typed rows, rejected rows and problems.

No database is needed: the night and `taizhang check` read a file in the same way.
"""

from taizhang.extract.file import Extract, File, HandedIn
from taizhang.extract.opening import RECEIPT_SHEET
from taizhang.extract.problem import PROBLEM_SCHEMA, file_problem
from taizhang.extract.read import read_file, read_files

__all__ = [
    "PROBLEM_SCHEMA",
    "RECEIPT_SHEET",
    "Extract",
    "File",
    "HandedIn",
    "file_problem",
    "read_file",
    "read_files",
]
