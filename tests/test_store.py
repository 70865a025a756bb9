"""The inbox, the archive and the outbox on a real S3 server."""

import hashlib
import io
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import boto3
import pytest
from upath import UPath

from taizhang import archive, steps
from taizhang.maintenance import prune_outbox
from taizhang.settings import settings
from taizhang.store import _listing, _try_to_fetch, fetch, send_folder, write
from taizhang.warehouse import connect
from tests.extracts import DAY, MALE
from tests.machines.remote import Broken, below, county_at, hand_in, load_and_answer, names, put
from tests.machines.servers import s3

ONE = f"{DAY}/county/一.csv"


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, str]]:
    with s3("county") as variables:
        yield variables


@pytest.fixture
def bucket(server: dict[str, str], warehouse: Path) -> Iterator[UPath]:
    with county_at("s3://county", **server) as bucket:
        yield bucket


def test_an_inbox_is_mirrored_and_what_is_gone_goes(bucket: UPath) -> None:
    inbox = settings().inbox_dir
    put(inbox / ONE, b"first")
    put(inbox / f"{DAY}/township/高沙镇/a.csv", b"other")
    assert names(fetch(inbox)) == {ONE, f"{DAY}/township/高沙镇/a.csv"}
    put(inbox / ONE, b"FIRST")
    (inbox / f"{DAY}/township/高沙镇/a.csv").unlink()
    mirror = fetch(inbox)
    assert names(mirror) == {ONE}
    assert (mirror / ONE).read_bytes() == b"FIRST"


def test_what_has_not_changed_is_not_fetched_again(bucket: UPath) -> None:
    put(settings().inbox_dir / ONE, b"as it was")
    before = (fetch(settings().inbox_dir) / ONE).stat()
    assert (fetch(settings().inbox_dir) / ONE).stat().st_ino == before.st_ino


def test_the_loads_of_a_night_share_one_mirror(bucket: UPath) -> None:
    put(settings().inbox_dir / ONE, b"early")
    fetch(settings().inbox_dir, once_for=7)
    put(settings().inbox_dir / f"{DAY}/county/二.csv", b"late")
    assert names(fetch(settings().inbox_dir, once_for=7)) == {ONE}
    assert names(fetch(settings().inbox_dir, once_for=8)) == {ONE, f"{DAY}/county/二.csv"}


def test_a_mirror_of_another_inbox_is_thrown_away(bucket: UPath) -> None:
    put(bucket / "inbox" / ONE, b"a")
    put(bucket / "outbox" / f"{DAY}/county/二.csv", b"b")
    fetch(bucket / "inbox")
    assert names(fetch(bucket / "outbox")) == {f"{DAY}/county/二.csv"}


@pytest.mark.parametrize("key", ["../stolen.csv", f"{DAY}/../../stolen.csv", f"{DAY}//county/a.csv", ".index.json"])
def test_a_key_that_is_no_path_in_a_folder_is_left_aside(bucket: UPath, key: str) -> None:
    boto3.client("s3").put_object(Bucket="county", Key=f"inbox/{key}", Body=b"x")
    put(settings().inbox_dir / ONE, b"a")
    assert names(fetch(settings().inbox_dir)) == {ONE}
    assert names(fetch(settings().inbox_dir)) == {ONE}
    assert not (settings().home / "stolen.csv").exists()


@pytest.mark.parametrize(
    "key", [f"{DAY}/county", f"{DAY}", f"{DAY}/county/{'村' * 86}.csv", f"{DAY}/{'村' * 86}/a.csv"]
)
def test_a_key_that_no_folder_can_hold_is_left_aside_and_said_so(
    bucket: UPath, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    boto3.client("s3").put_object(Bucket="county", Key=f"inbox/{key}", Body=b"x")
    put(settings().inbox_dir / ONE, b"a")
    assert names(fetch(settings().inbox_dir)) == {ONE}
    assert "1 files of the inbox are left aside" in caplog.text


def test_what_was_a_file_may_become_a_folder_and_a_file_again(bucket: UPath) -> None:
    client = boto3.client("s3")
    client.put_object(Bucket="county", Key=f"inbox/{DAY}/county", Body=b"x")
    assert names(fetch(settings().inbox_dir)) == {f"{DAY}/county"}
    client.delete_object(Bucket="county", Key=f"inbox/{DAY}/county")
    client.put_object(Bucket="county", Key=f"inbox/{ONE}", Body=b"x")
    assert names(fetch(settings().inbox_dir)) == {ONE}
    client.delete_object(Bucket="county", Key=f"inbox/{ONE}")
    client.put_object(Bucket="county", Key=f"inbox/{DAY}/county", Body=b"x")
    assert names(fetch(settings().inbox_dir)) == {f"{DAY}/county"}


def test_a_file_in_s3_is_loaded_kept_and_answered_there(bucket: UPath, clean_warehouse: Path) -> None:
    here = settings().home / "archive"
    before = sorted(here.rglob("*"))
    content = hand_in("务工.csv", MALE[:-1] + "8")
    load_and_answer()
    sha256 = hashlib.sha256(content).hexdigest()
    assert below(settings().archive_dir) == {f"{sha256[:2]}/{sha256}"}
    assert archive.kept(sha256) == content
    assert below(settings().outbox_dir) == {f"receipts/{DAY}/township/黄桥镇/务工.csv.回执.xlsx"}
    assert sorted(here.rglob("*")) == before


def told_of() -> list[tuple[str, str, str | None]]:
    """Each extract: its path, what became of it, and the rule that told of it."""
    with connect() as connection:
        rows = connection.execute(
            "select path, status, rule from raw.extract left join raw.problem using (extract_id)"
            " where severity is distinct from 'warning' order by extract_id"
        )
        return list(rows)


def test_a_file_that_the_server_keeps_to_itself_is_told_and_keeps_no_other_back(
    bucket: UPath, clean_warehouse: Path
) -> None:
    folder = f"{DAY}/township/黄桥"
    # What lies so far away is listed, and refused with 403 to whoever fetches it.
    boto3.client("s3").put_object(Bucket="county", Key=f"inbox/{folder}/二.csv", Body=b"x", StorageClass="GLACIER")
    hand_in("一.csv")
    load_and_answer()
    told = [(f"{folder}/一.csv", "loaded", None), (f"{folder}/二.csv", "rejected", "file_inaccessible")]
    assert told_of() == told
    assert f"receipts/{DAY}/township/黄桥镇/二.csv.回执.xlsx" in below(settings().outbox_dir)
    hand_in("二.csv", MALE[:-1] + "8")
    load_and_answer()
    assert told_of() == [*told, (f"{folder}/二.csv", "loaded", "id_checksum")]


def test_a_file_that_is_gone_since_it_was_listed_is_left(bucket: UPath) -> None:
    put(settings().inbox_dir / ONE, b"a")
    ((name, listed),) = _listing(settings().inbox_dir).items()
    (settings().inbox_dir / name).unlink()
    assert _try_to_fetch(settings().inbox_dir / name, settings().home / "mirror" / name, listed) == "left"


def test_a_large_file_is_sent_in_parts(bucket: UPath) -> None:
    content = 33 * 1024 * 1024 * b"a"
    write(settings().archive_dir / "ab" / "abc", io.BytesIO(content))
    assert (settings().archive_dir / "ab" / "abc").read_bytes() == content


def test_what_breaks_off_leaves_nothing_behind(bucket: UPath) -> None:
    with pytest.raises(OSError, match="disk is gone"):
        write(settings().archive_dir / "ab" / "abc", Broken(70 * 1024 * 1024 * b"a"))
    assert below(settings().archive_dir) == set()


def test_by_day_there_is_news_until_it_is_loaded(bucket: UPath, clean_warehouse: Path) -> None:
    with county_at("s3://county", TAIZHANG_SETTLED_SECONDS="0"):
        assert not steps.has_news()
        hand_in("务工.csv")
        assert steps.has_news()
        load_and_answer()
        assert not steps.has_news()


def test_old_receipts_go_from_s3_and_newer_ones_stay(bucket: UPath) -> None:
    put(settings().outbox_dir / "receipts/2019-01-31/county/a.xlsx", b"old")
    put(settings().outbox_dir / "receipts/2020-12-31/county/a.xlsx", b"new")
    assert prune_outbox(date(2021, 1, 1)) == 1
    assert below(settings().outbox_dir) == {"receipts/2020-12-31/county/a.xlsx"}


def test_a_folder_is_sent_as_far_as_it_is_new(bucket: UPath, tmp_path: Path) -> None:
    (tmp_path / "static").mkdir()
    (tmp_path / "index.html").write_bytes(b"pages")
    (tmp_path / "static" / "style.css").write_bytes(b"style")
    send_folder(tmp_path, settings().outbox_dir / "data_docs")
    assert below(settings().outbox_dir) == {"data_docs/index.html", "data_docs/static/style.css"}
    (settings().outbox_dir / "data_docs" / "static" / "style.css").write_bytes(b"STYLE")
    os.utime(tmp_path / "static" / "style.css", (0, 0))
    (tmp_path / "index.html").write_bytes(b"more pages")
    send_folder(tmp_path, settings().outbox_dir / "data_docs")
    assert (settings().outbox_dir / "data_docs" / "index.html").read_bytes() == b"more pages"
    assert (settings().outbox_dir / "data_docs" / "static" / "style.css").read_bytes() == b"STYLE"
