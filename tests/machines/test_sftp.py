"""The inbox, the archive and the outbox on a real OpenSSH server."""

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import paramiko
import pytest
from fsspec.implementations.sftp import SFTPFileSystem
from upath import UPath

from taizhang import archive
from taizhang.place import place
from taizhang.settings import settings
from taizhang.store import fetch, write
from tests.extracts import DAY
from tests.machines.remote import Broken, below, county_at, hand_in, load_and_answer, names, put
from tests.machines.servers import openssh

ONE = f"{DAY}/county/一.csv"


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """The home of the server's user, and its URL."""
    home = tmp_path_factory.mktemp("user")
    with openssh(home) as url:
        yield home, url


@pytest.fixture
def server(user: tuple[Path, str], warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[UPath]:
    home, url = user
    monkeypatch.setenv("HOME", str(home))
    with county_at(f"{url}{home}", TAIZHANG_SETTLED_SECONDS="0") as folder:
        yield folder


def test_a_file_on_the_server_is_loaded_kept_and_answered_there(server: UPath, clean_warehouse: Path) -> None:
    content = hand_in("务工.csv")
    load_and_answer()
    sha256 = hashlib.sha256(content).hexdigest()
    assert below(settings().archive_dir) == {f"{sha256[:2]}/{sha256}"}
    assert archive.kept(sha256) == content
    assert below(settings().outbox_dir) == {f"receipts/{DAY}/township/黄桥镇/务工.csv.回执.xlsx"}


def test_a_file_that_is_still_being_written_is_left_until_it_is_not(
    server: UPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAIZHANG_SETTLED_SECONDS", "60")
    settings.cache_clear()
    put(settings().inbox_dir / ONE, b"half of i")
    assert names(fetch(settings().inbox_dir)) == set()
    then = time.time() - 61
    os.utime(Path(settings().inbox_dir.path) / ONE, (then, then))
    assert names(fetch(settings().inbox_dir)) == {ONE}


def test_a_link_on_the_server_is_not_followed(server: UPath, tmp_path: Path) -> None:
    put(settings().inbox_dir / ONE, b"a")
    (tmp_path / "secret.csv").write_bytes(b"somebody else's")
    link = Path(settings().inbox_dir.path) / f"{DAY}/county/link.csv"
    link.symlink_to(tmp_path / "secret.csv")
    assert names(fetch(settings().inbox_dir)) == {ONE}


def test_what_breaks_off_leaves_nothing_behind(server: UPath) -> None:
    with pytest.raises(OSError, match="disk is gone"):
        write(settings().archive_dir / "ab" / "abc", Broken(b"a whole file"))
    assert below(settings().archive_dir) == set()


def test_a_server_that_nobody_has_looked_at_is_not_spoken_to(
    user: tuple[Path, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "id_ed25519").write_bytes((user[0] / ".ssh" / "id_ed25519").read_bytes())
    monkeypatch.setenv("HOME", str(tmp_path))
    SFTPFileSystem.clear_instance_cache()  # it keeps connections
    with pytest.raises(paramiko.SSHException, match="ssh-keyscan"):
        place(f"{user[1]}{user[0]}").exists()
