"""The morning's alert: what it says, to whom it goes, and what happens when nobody answers."""

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from email.message import Message as EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from apprise.plugins.wecombot import NotifyWeComBot
from hypothesis import given
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from taizhang.alert import BreakCount, CheckedFigure, HandedIn, News, alert, compose
from taizhang.channel import channels, split
from taizhang.division import children, county
from taizhang.redact import SHAPES
from taizhang.settings import settings
from taizhang.warehouse import connect

NIGHT = date(2020, 12, 31)
GAOSHA, CHANGYU = "430525103000", "430525103001"  # a township and one of its communities
SHIJIANG = "430525105000"
BREAK_TABLE = """
drop table if exists reconciliation.ledger_break cascade;
create table reconciliation.ledger_break (
    township_code text, ledger text, status text, first_seen date, closed_on date
);
grant select on reconciliation.ledger_break to checker
"""


# What the alert says


def test_a_quiet_night_takes_one_line() -> None:
    title, lines = compose(News(NIGHT))
    assert title == "洞口县台账核对 2020-12-31"
    assert lines == ["各级台账一致，没有退回的文件和行。"]


def test_each_township_reads_its_open_and_new_breaks_by_ledger() -> None:
    breaks = (
        BreakCount(SHIJIANG, "subsidy", open=1, new=0, closed=0),
        BreakCount(GAOSHA, "training", open=4, new=0, closed=2),
        BreakCount(GAOSHA, "employment", open=12, new=3, closed=0),
    )
    _, lines = compose(News(NIGHT, breaks))
    assert lines == [
        "未消除差异 17 处，今晚新增 3 处、消除 2 处；退回文件 0 个、退回 0 行。",
        "【高沙镇】就业 12 处（新 3），培训 4 处",
        "【石江镇】补贴 1 处",
    ]


def test_a_rejected_file_is_named_with_its_division_but_without_its_path_or_numbers() -> None:
    handed_in = (
        HandedIn(
            CHANGYU,
            "2020-12-31/village/高沙镇/长裕社区/990525199001011234.xlsx",
            rejected=True,
            rows_rejected=0,
        ),
        HandedIn(GAOSHA, "2020-12-31/township/高沙镇/就业.xlsx", rejected=False, rows_rejected=5),
    )
    _, lines = compose(News(NIGHT, handed_in=handed_in))
    assert lines[1:] == ["【高沙镇】退回 5 行，退回文件 1 个", "- 长裕社区：[身份证号].xlsx"]


def test_of_many_rejected_files_only_a_few_are_named() -> None:
    handed_in = tuple(HandedIn(GAOSHA, f"{number}.xlsx", rejected=True, rows_rejected=0) for number in range(9))
    _, lines = compose(News(NIGHT, handed_in=handed_in))
    assert lines[1:] == [
        "【高沙镇】退回文件 9 个",
        "- 高沙镇：0.xlsx",
        "- 高沙镇：1.xlsx",
        "- 高沙镇：2.xlsx",
        "- 另有 6 个文件",
    ]


def test_the_published_figures_have_their_verdict_and_the_known_difference() -> None:
    figures = (
        CheckedFigure("info", True, "标题数比各项之和少3.80万元", Decimal("61341500.00"), Decimal("38000.00")),
        CheckedFigure("warning", True, "返乡回流人员为470人", None, None),
        CheckedFigure("warning", False, "受训人数2631人", Decimal(2630), Decimal(-1)),
    )
    _, lines = compose(News(NIGHT, figures=figures))
    assert lines[1:] == [
        "公布数据：1 项相符，1 项不符。",
        "- 不符：受训人数2631人，台账算得 2,630",
        "- 已知差异：标题数比各项之和少3.80万元（38,000.00 元）",
    ]


def test_a_structural_failure_comes_first() -> None:
    _, lines = compose(News(NIGHT, structural_failures=2))
    assert lines[0] == "⚠ 2 项结构检查未通过，今晚的数据没有发布，请尽快处理。"


# Where it comes from


@pytest.fixture
def night_id(clean_warehouse: None) -> Iterator[int]:
    with connect() as connection:
        connection.execute(BREAK_TABLE)
        number = open_night()
    yield number
    with connect() as connection:
        connection.execute("drop table reconciliation.ledger_break")


def open_night() -> int:
    with connect() as connection:
        ((number,),) = connection.execute(
            "insert into reconciliation.night (night_date) values (%s) returning night_id", [NIGHT]
        ).fetchall()
    return int(number)


def add_breaks(count: int, *, first_seen: date = NIGHT, status: str = "open", ledger: str = "employment") -> None:
    with connect() as connection:
        connection.execute(
            "insert into reconciliation.ledger_break select %s, %s, %s, %s, %s from generate_series(1, %s)",
            [GAOSHA, ledger, status, first_seen, NIGHT if status == "closed" else None, count],
        )


def hand_in(night_id: int, path: str, *, rejected: bool, rows_rejected: int = 0, division_code: str = GAOSHA) -> None:
    with connect() as connection:
        connection.execute(
            "insert into raw.extract (night_id, path, sha256, size_bytes, level, division_code, extract_date,"
            " ledger, period, status, rows_read, rows_accepted, rows_rejected)"
            " values (%s, %s, %s, 1, 'township', %s, %s, 'employment', %s, %s, %s, 0, %s)",
            [
                night_id,
                path,
                "0" * 64,
                division_code,
                NIGHT,
                NIGHT,
                "rejected" if rejected else "loaded",
                rows_rejected,
                rows_rejected,
            ],
        )


def copy() -> str:
    return (settings().outbox_dir / "alerts" / "2020-12-31.md").read_text(encoding="utf-8")


def deliveries() -> list[tuple[str, str, str | None]]:
    with connect() as connection:
        return connection.execute(
            "select channel, status, error from reconciliation.alert_delivery order by sent_at"
        ).fetchall()


def test_without_a_channel_the_alert_is_written_to_the_outbox(night_id: int) -> None:
    add_breaks(5)
    add_breaks(7, first_seen=date(2020, 12, 30))
    add_breaks(2, status="closed")
    assert alert(night_id, NIGHT) == 1
    assert "未消除差异 12 处，今晚新增 5 处、消除 2 处" in copy()
    assert "【高沙镇】就业 12 处（新 5）" in copy()
    assert deliveries() == [("file", "sent", None)]


def test_the_same_night_again_tells_nothing_unless_something_changed(night_id: int) -> None:
    add_breaks(1)
    assert alert(night_id, NIGHT) == 1
    assert alert(open_night(), NIGHT) == 0
    add_breaks(1)
    assert alert(open_night(), NIGHT) == 1


def test_a_file_that_was_corrected_within_the_date_is_not_told_as_rejected(night_id: int) -> None:
    hand_in(night_id, "a.xlsx", rejected=True)
    hand_in(night_id, "b.xlsx", rejected=True)
    hand_in(open_night(), "a.xlsx", rejected=False, rows_rejected=3)
    alert(open_night(), NIGHT)
    assert "【高沙镇】退回 3 行，退回文件 1 个" in copy()
    assert "a.xlsx" not in copy()


def test_the_verdict_on_figures_and_structure_is_that_of_the_check(night_id: int) -> None:
    details = {"published": "61303500.00", "computed": "61341500.00", "difference": "38000.00"}
    rows = [
        ("published_figures", "headline", "info", True, "累计支付6130.35万元", details),
        ("published_figures", "trainees", "warning", True, "受训人数2631人", {}),
        ("extract", "rows", "critical", False, "行数相符", {}),
    ]
    with connect() as connection, connection.cursor() as cursor:
        cursor.executemany(
            "insert into reconciliation.expectation_result"
            " (night_id, suite, expectation, severity, success, description, details)"
            " values (%s, %s, %s, %s, %s, %s, %s)",
            [(night_id, *row, Jsonb(details)) for *row, details in rows],
        )
    alert(night_id, NIGHT)
    assert "1 项结构检查未通过" in copy()
    assert "1 项相符，0 项不符" in copy()
    assert "累计支付6130.35万元（38,000.00 元）" in copy()


def test_before_the_first_publish_there_are_no_breaks_to_tell_of(night_id: int) -> None:
    with connect() as connection:
        connection.execute("alter table reconciliation.ledger_break rename to not_yet")
    assert alert(night_id, NIGHT) == 1
    with connect() as connection:
        connection.execute("alter table reconciliation.not_yet rename to ledger_break")
    assert "各级台账一致" in copy()


# Where it goes


@dataclass
class Receiver:
    """A web hook on this machine: keeps the JSON it is sent, answers with `answer`."""

    port: int
    answer: bytes = b"{}"
    received: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name that http.server calls
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.received.append(json.loads(body))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(hook.answer)

        def log_message(self, *arguments: object) -> None:
            """Keep the test's output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hook = Receiver(server.server_port)
        threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
        yield hook
        server.shutdown()


class Mailbox(Message):
    def __init__(self) -> None:
        super().__init__()
        self.received: list[str] = []

    def handle_message(self, message: EmailMessage) -> None:
        *_, part = message.walk()
        self.received.append(part.get_payload(decode=True).decode())


@pytest.fixture
def mail() -> Iterator[tuple[Mailbox, str]]:
    mailbox = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield (
        mailbox,
        f"mailto://127.0.0.1:{port}?from=taizhang@county.example&to=team@county.example&mode=insecure",
    )
    controller.stop()


Configure = Callable[..., None]
Mail = tuple["Mailbox", str]


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Configure]:
    """Set `TAIZHANG_ALERT_URLS` to the given URLs."""

    def configure(*urls: str) -> None:
        monkeypatch.setenv("TAIZHANG_ALERT_URLS", ", ".join(urls))
        settings.cache_clear()

    yield configure
    monkeypatch.undo()
    settings.cache_clear()


def test_an_http_channel_receives_the_alert_and_the_outbox_a_copy(
    night_id: int, receiver: Receiver, configure: Configure
) -> None:
    configure(f"json://127.0.0.1:{receiver.port}/hook")
    add_breaks(3)
    assert alert(night_id, NIGHT) == 1
    (message,) = receiver.received
    assert message["title"] == "洞口县台账核对 2020-12-31"
    assert "【高沙镇】就业 3 处（新 3）" in message["message"]
    assert "【高沙镇】就业 3 处（新 3）" in copy()
    assert deliveries() == [("json", "sent", None)]


def test_a_mailbox_receives_the_alert(night_id: int, mail: Mail, configure: Configure) -> None:
    mailbox, url = mail
    configure(url)
    add_breaks(3)
    assert alert(night_id, NIGHT) == 1
    assert "【高沙镇】就业 3 处（新 3）" in mailbox.received[0]


def test_a_dead_channel_fails_alone_and_is_tried_again(
    night_id: int, mail: Mail, receiver: Receiver, configure: Configure, caplog: pytest.LogCaptureFixture
) -> None:
    mailbox, url = mail
    configure("json://user:very-secret@127.0.0.1:1/hook", url)
    assert alert(night_id, NIGHT) == 1
    assert len(mailbox.received) == 1
    assert [(channel, status) for channel, status, _ in deliveries()] == [
        ("json", "failed"),
        ("mailto", "sent"),
    ]
    assert "did not go through json" in caplog.text
    assert "very-secret" not in caplog.text + repr(deliveries())

    configure(f"json://user:very-secret@127.0.0.1:{receiver.port}/hook", url)
    assert alert(open_night(), NIGHT) == 1
    assert (len(receiver.received), len(mailbox.received)) == (1, 1)


@pytest.fixture
def wecom(receiver: Receiver, configure: Configure, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    """WeCom's robot, its address turned to our receiver, without its pause between messages."""
    monkeypatch.setattr(NotifyWeComBot, "notify_url", f"http://127.0.0.1:{receiver.port}/?key={{key}}")
    monkeypatch.setattr(NotifyWeComBot, "request_rate_per_sec", 0)
    configure("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=robot-key-0123456789")
    receiver.answer = b'{"errcode": 0, "errmsg": "ok"}'
    return receiver


def test_a_robot_that_refuses_with_status_200_has_not_taken_the_alert(
    night_id: int, wecom: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    wecom.answer = b'{"errcode": 93000, "errmsg": "invalid webhook url"}'
    assert alert(night_id, NIGHT) == 0
    assert deliveries() == [("wecombot", "failed", "the robot refused the message with errcode 93000")]
    assert "robot-key" not in caplog.text


def test_a_robot_is_sent_several_messages_below_its_limit_of_bytes(night_id: int, wecom: Receiver) -> None:
    for township in children(county().code):
        hand_in(night_id, f"{'就业帮扶实名制台账' * 12}.xlsx", rejected=True, division_code=township.code)
    assert alert(night_id, NIGHT) == 1
    texts = [message["text"]["content"] for message in wecom.received]
    assert len(texts) > 1
    assert all(len(text.encode()) <= 2048 for text in texts)
    assert f"（1/{len(texts)}）" in texts[0]


@given(st.lists(st.text(max_size=40)), st.integers(8, 60))
def test_splitting_keeps_every_character_and_the_limit(lines: list[str], limit: int) -> None:
    parts = split(lines, limit)
    assert all(len(part.encode()) <= limit for part in parts)
    assert "".join(parts).replace("\n", "") == "".join(lines).replace("\n", "")


def test_channels_are_told_apart_by_their_scheme_alone(configure: Configure) -> None:
    configure("json://u:first-secret@localhost/a", "json://u:second-secret@localhost/b")
    assert [channel.name for channel in channels()] == ["json", "json#2"]
    assert "secret@" not in repr(channels())


def test_an_url_that_nothing_understands_is_a_dead_channel(night_id: int, configure: Configure) -> None:
    configure("nonsense://token-that-stays-secret")
    assert alert(night_id, NIGHT) == 0
    assert deliveries() == [("nonsense", "failed", "Apprise does not understand this URL")]


def test_no_number_of_a_person_is_in_an_alert(night_id: int) -> None:
    hand_in(night_id, "13812345678/990525199001011234 6222020200001234567.xlsx", rejected=True)
    alert(night_id, NIGHT)
    assert not any(re.search(shape, copy()) for shape in SHAPES.values())
