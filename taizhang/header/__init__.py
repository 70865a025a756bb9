"""Where a sheet's header is, which ledger it belongs to, and which column is which."""

from taizhang.header.find import find_header
from taizhang.header.header import Header, HeaderError

__all__ = ["Header", "HeaderError", "find_header"]
