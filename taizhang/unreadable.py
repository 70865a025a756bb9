"""Why a file is not read."""


class UnreadableFileError(Exception):
    """A file that cannot be read at all; `rule` says why (see `taizhang.rules`), `value` what or where."""

    def __init__(self, rule: str, value: str | None = None) -> None:
        super().__init__(rule)
        self.rule, self.value = rule, value


def is_fault(error: BaseException) -> bool:
    """Whether a reader failed, and nobody asked it to stop: a panic of a reader in Rust is no `Exception`."""
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"
