"""Places: where the inbox, the archive and the outbox lie, be it a folder, S3 or an SFTP server, by a path or a URL.

S3 is reached as every program reaches it (`AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID` …), SFTP with the keys of the user's
`.ssh` or agent.
"""

import os
from typing import Any
from urllib.parse import urlsplit

from upath import UPath

_LOCAL, _SFTP = ("", "file"), ("sftp", "ssh")


def place(where: str | os.PathLike[str]) -> UPath:
    """The folder that a path or a URL names; nothing is asked of a server yet."""
    options: dict[str, Any] = {}
    if urlsplit(str(where)).scheme in _SFTP:
        from taizhang.known_hosts import KnownHosts  # its library takes a second to import

        options["host_key_policy"] = KnownHosts
    folder: UPath = UPath(where, **options)
    return folder


def is_remote(folder: UPath) -> bool:
    return folder.protocol not in _LOCAL


def checked_place(where: str) -> str:
    """A place as settings take it. Raises `ValueError` where it is of no kind we know, or holds a password.

    Settings are shown and logged: a password in one would be too.
    """
    parts = urlsplit(where)
    if parts.scheme not in (*_LOCAL, *_SFTP, "s3"):
        raise ValueError("a place is a folder of this machine, or a URL that begins with s3:// or sftp://")
    if parts.password:
        raise ValueError("a place holds no password: use an SSH key for SFTP, and AWS_SECRET_ACCESS_KEY for S3")
    return where
