"""Records against their contract: text in, typed rows and problems out.

Records of many sheets are validated together, because what an expression costs is its planning and not its
rows; `part` tells which sheet a row is of, `file` which file.
"""

from taizhang.validate.validate import Validated, validate

__all__ = ["Validated", "validate"]
