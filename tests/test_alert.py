"""The morning's alert: what it says, to whom it goes, and what happens when nobody answers."""

import base64
import hashlib
import hmac
import json
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import LiteralString
from urllib.parse import parse_qs, urlsplit

import pytest
import tenacity
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.wecombot import NotifyWeComBot
from hypothesis import given
from hypothesis import strategies as st
from psycopg.types.json import Jsonb
from pydantic import SecretStr

from taizhang import channel as channel_module
from taizhang import night, steps
from taizhang.alert import alert, compose, compose_township
from taizhang.channel import Channel, Pace, channels, check_channels, plain, send, split
from taizhang.contact import ContactError, contacts
from taizhang.division import children, county, divisions
from taizhang.news import BreakCount, CheckedFigure, HandedIn, Late, News, gather
from taizhang.redact import SHAPES
from taizhang.settings import SettingsError, settings
from taizhang.warehouse import connect, migrate
from tests.extracts import record_extract
from tests.receivers import Mail, Receiver, mailbox, web_hook

NIGHT, EVE = date(2020, 12, 31), date(2020, 12, 30)
GAOSHA, CHANGYU = "430525103000", "430525103001"  # a township and one of its communities
SHIJIANG = "430525105000"
BREAK_TABLE = """
drop table if exists reconciliation.ledger_break cascade;
create table reconciliation.ledger_break (
    break_id text default gen_random_uuid(), kind text default 'total', ledger text, township_code text,
    division_code text, county_value text default '3', township_value text default '2', village_value text default '2',
    status text, first_seen date, open_since date, closed_on date, answered_on date,
    awaits_acceptance boolean generated always as (status = 'open' and answered_on is not null) stored,
    overdue_on date generated always as (
        case when status = 'open' then greatest(open_since, answered_on) + 8 end
    ) stored
);
grant select on reconciliation.ledger_break to checker
"""


# What the alert says


def test_a_quiet_night_takes_one_line() -> None:
    message = compose(News(NIGHT))
    assert message.title == "洞口县台账核对 2020-12-31"
    assert message.lines == ("各级台账一致，没有退回的文件和行。",)


def test_the_county_reads_of_townships_that_changed_and_the_others_are_counted() -> None:
    breaks = (
        BreakCount(SHIJIANG, SHIJIANG, "subsidy", open=1, new=0, closed=0),
        BreakCount(GAOSHA, GAOSHA, "training", open=4, new=0, closed=2),
        BreakCount(GAOSHA, GAOSHA, "employment", open=12, new=3, closed=0),
    )
    lines = [*compose(News(NIGHT, breaks)).lines]
    assert lines == [
        "未消除差异 17 处，今晚新增 3 处、消除 2 处。",
        "【高沙镇】就业 12 处（新 3），培训 4 处（消除 2）",
        "其余 1 个单位没有变化，未消除 1 处。",
    ]


def test_of_a_rejected_file_it_is_said_whose_it_is_and_not_its_name() -> None:
    """A clerk may have named it after a person."""
    handed_in = (
        HandedIn(
            CHANGYU,
            "2020-12-31/village/高沙镇/长裕社区/张三990525199001011234.xlsx",
            rejected=True,
            rows_rejected=0,
        ),
        HandedIn(GAOSHA, "2020-12-31/township/高沙镇/就业.xlsx", rejected=False, rows_rejected=5),
    )
    lines = [*compose(News(NIGHT, handed_in=handed_in)).lines]
    assert lines[1:] == ["【高沙镇】退回 1 个文件、5 行", "- 长裕社区：1 个文件"]


def test_of_many_whose_files_were_rejected_only_a_few_are_named() -> None:
    offices = [GAOSHA, *(village.code for village in children(GAOSHA))][:5]
    handed_in = tuple(HandedIn(code, f"{n}.xlsx", rejected=True, rows_rejected=0) for code in offices for n in (1, 2))
    lines = [*compose(News(NIGHT, handed_in=handed_in)).lines]
    assert lines[1] == "【高沙镇】退回 10 个文件"
    assert lines[2:] == [
        *(f"- {divisions()[code].name}：2 个文件" for code in offices[:3]),
        "- 另有 2 个单位 4 个文件",
    ]


def test_the_published_figures_have_their_verdict_and_the_known_difference() -> None:
    figures = (
        CheckedFigure("info", True, "标题数比各项之和少3.80万元", Decimal("61341500.00"), Decimal("38000.00")),
        CheckedFigure("warning", True, "返乡回流人员为470人", None, None),
        CheckedFigure("warning", False, "受训人数2631人", Decimal(2630), Decimal(-1)),
    )
    lines = [*compose(News(NIGHT, figures=figures)).lines]
    assert lines[1:] == [
        "公布数据：1 项相符，1 项不符。",
        "- 不符：受训人数2631人，台账算得 2,630",
        "- 已知差异：标题数比各项之和少3.80万元（38,000.00 元）",
    ]


def test_a_known_difference_that_is_another_is_not_told_as_known() -> None:
    figure = CheckedFigure("info", False, "标题数比各项之和少3.80万元", Decimal("100.00"), Decimal("-61303400.00"))
    assert compose(News(NIGHT, figures=(figure,))).lines[1:] == (
        "- 已知差异有变：标题数比各项之和少3.80万元，现为 -61,303,400.00 元",
    )


def test_a_structural_failure_comes_first() -> None:
    breaks = (BreakCount(GAOSHA, GAOSHA, "training", open=4, new=0, closed=0),)
    lines = compose(News(NIGHT, breaks, structural_failures=2)).lines
    assert lines[0] == "⚠ 2 项数据自检没有通过，今晚的数据没有发布，请联系运维人员。"
    assert lines[1].startswith("上次发布时：未消除差异 4 处")


def test_an_inbox_without_a_file_is_told_as_a_fault() -> None:
    news = News(NIGHT, found_no_file=True)
    assert compose(news).lines[0] == "⚠ 收件箱里一个文件也没有，请检查收件箱是否接通。"
    assert news.is_urgent


# Where it comes from


@pytest.fixture
def night_id(clean_warehouse: None) -> Iterator[int]:
    with connect() as connection:
        connection.execute(BREAK_TABLE)
        number = open_night()
    yield number
    with connect() as connection:
        connection.execute("drop table reconciliation.ledger_break")


def open_night(day: date = NIGHT) -> int:
    with connect() as connection:
        ((number,),) = connection.execute(
            "insert into reconciliation.night (night_date) values (%s) returning night_id", [day]
        ).fetchall()
    return int(number)


def add_breaks(
    count: int,
    *,
    open_since: date = NIGHT,
    status: str = "open",
    ledger: str = "employment",
    township: str = GAOSHA,
    division: str = CHANGYU,
) -> None:
    with connect() as connection:
        connection.execute(
            "insert into reconciliation.ledger_break (township_code, division_code, ledger, status, first_seen,"
            " open_since) select %s, %s, %s, %s, %s, %s from generate_series(1, %s)",
            [township, division, ledger, status, open_since, open_since, count],
        )


def change_breaks(count: int, assignments: LiteralString) -> None:
    """What the next build makes of so many breaks that are open now."""
    with connect() as connection:
        connection.execute(
            f"update reconciliation.ledger_break set {assignments} where break_id in"
            " (select break_id from reconciliation.ledger_break where status = 'open' order by break_id limit %s)",
            [count],
        )


def tell(day: date) -> str:
    """Run a night of which people are told; what the county reads."""
    alert(open_night(day), day)
    return copy(day)


def copy(day: date = NIGHT) -> str:
    return (settings().outbox_dir / "alerts" / f"{day.isoformat()}.md").read_text(encoding="utf-8")


def copy_of_township(day: date) -> str:
    return (settings().outbox_dir / "alerts" / day.isoformat() / "高沙镇.md").read_text(encoding="utf-8")


def deliveries() -> list[tuple[str, str, str | None]]:
    with connect() as connection:
        return connection.execute(
            "select channel, status, error from reconciliation.alert_delivery order by delivery_id"
        ).fetchall()


def test_without_a_channel_the_alert_is_written_to_the_outbox(night_id: int) -> None:
    add_breaks(12)
    assert alert(night_id, NIGHT) == 1
    assert "未消除差异 12 处，今晚新增 12 处、消除 0 处" in copy()
    assert "【高沙镇】就业 12 处（新 12）" in copy()
    assert deliveries() == [("file", "sent", None)]


def test_what_has_changed_since_people_were_told_is_told(night_id: int) -> None:
    add_breaks(9, open_since=EVE)
    tell(EVE)
    change_breaks(2, "status = 'closed'")
    change_breaks(3, "county_value = '5'")
    add_breaks(5)
    assert "未消除差异 12 处，今晚新增 5 处、扩大 3 处、消除 2 处" in tell(NIGHT)
    assert "【高沙镇】就业 12 处（新 5、扩大 3、消除 2）" in copy()


def test_a_difference_that_gets_smaller_is_no_news(night_id: int) -> None:
    add_breaks(1, open_since=EVE)
    change_breaks(1, "county_value = '9'")
    tell(EVE)
    change_breaks(1, "county_value = '8'")
    assert "与上次相同" in tell(NIGHT)


def test_what_comes_back_is_not_told_as_new(night_id: int) -> None:
    add_breaks(2, open_since=EVE)
    tell(EVE)
    change_breaks(1, "status = 'closed'")
    assert "新增 0 处、消除 1 处" in tell(NIGHT)
    with connect() as connection:
        connection.execute("update reconciliation.ledger_break set status = 'open'")
    assert "新增 0 处、再现 1 处、消除 0 处" in tell(NIGHT + timedelta(days=1))


def test_the_same_night_again_tells_nothing_unless_something_changed(night_id: int) -> None:
    add_breaks(1)
    assert alert(night_id, NIGHT) == 1
    assert alert(open_night(), NIGHT) == 0
    add_breaks(1)
    assert alert(open_night(), NIGHT) == 1


def test_a_date_that_is_run_again_tells_what_has_changed_since_it_was_told_before(night_id: int) -> None:
    add_breaks(3)
    tell(NIGHT)
    change_breaks(2, "status = 'closed'")
    add_breaks(1)
    assert "未消除差异 2 处，今晚新增 1 处、消除 2 处" in tell(NIGHT).split("# ")[2]
    assert "消除 2" in copy_of_township(NIGHT)
    told = tell(NIGHT)
    assert told.count("# 洞口县台账核对") == 2
    assert "今晚新增 3 处" in told
    assert "与上次相同：未消除差异 2 处" in tell(NIGHT + timedelta(days=1))


@pytest.mark.parametrize(
    ("received", "is_told"),
    [((0, 0), True), ((0, 1), False), ((0,), False), ((), False)],
    ids=["none at all", "by one township", "none by the one that was asked for", "before anything was looked for"],
)
def test_a_night_tells_that_nobody_handed_anything_in(night_id: int, received: tuple[int, ...], is_told: bool) -> None:
    for division, count in zip((county(), *children(county().code)), received, strict=False):
        night.record_load(night_id, division.code, {"received": count})
    alert(night_id, NIGHT)
    assert ("收件箱里一个文件也没有" in copy()) == is_told


def test_an_inbox_that_is_cut_off_is_told_on_a_date_that_was_told_before(night_id: int) -> None:
    alert(night_id, NIGHT)
    again = open_night()
    loads = {code: {"received": 0} for code in ("430525", GAOSHA)}
    with connect() as connection:
        connection.execute(
            "update reconciliation.night set summary = %s where night_id = %s", [Jsonb({"loads": loads}), again]
        )
    assert alert(again, NIGHT) == 1
    assert "收件箱里一个文件也没有" in copy()


def test_quiet_runs_that_the_check_stops_tell_it_once_and_what_else_is_new_stays_so(night_id: int) -> None:
    tell(NIGHT)
    add_breaks(2)
    told = []
    for _ in range(3):
        by_day = open_night()
        with connect() as connection:
            connection.execute("update reconciliation.night set is_quiet = true where night_id = %s", [by_day])
            connection.execute(
                "insert into reconciliation.expectation_result"
                " (night_id, suite, expectation, severity, success, description, details)"
                " values (%s, 'structure', 'x', 'critical', false, 'x', '{}')",
                [by_day],
            )
        told.append(alert(by_day, NIGHT))
    assert told == [1, 0, 0]
    assert "今晚新增 2 处" in tell(NIGHT + timedelta(days=1))


def test_a_file_that_was_corrected_within_the_date_is_not_told_as_rejected(night_id: int) -> None:
    record_extract(night_id, "a.xlsx", division_code=GAOSHA, is_rejected=True)
    record_extract(night_id, "b.xlsx", division_code=GAOSHA, is_rejected=True)
    record_extract(open_night(), "a.xlsx", division_code=GAOSHA, rows_rejected=3)
    alert(open_night(), NIGHT)
    assert "【高沙镇】退回 1 个文件、3 行" in copy()


def test_answers_that_were_not_taken_are_told_as_answers_and_not_as_rows_of_a_ledger(night_id: int) -> None:
    record_extract(night_id, "工作单.xlsx", division_code=GAOSHA, rows_rejected=2)
    with connect() as connection:
        connection.execute("update raw.extract set status = 'worklist', ledger = null, period = null")
    record_extract(night_id, "就业.xlsx", division_code=GAOSHA, rows_rejected=3)
    alert(night_id, NIGHT)
    assert "【高沙镇】退回 3 行、2 条工作单答复" in copy()
    township = (settings().outbox_dir / "alerts" / "2020-12-31" / "高沙镇.md").read_text(encoding="utf-8")
    assert "退回 3 行、2 条工作单答复，请按回执改后重交。" in township


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
    assert "1 项数据自检没有通过" in copy()
    assert "1 项相符，0 项不符" in copy()
    assert "累计支付6130.35万元（38,000.00 元）" in copy()


def test_an_accepted_difference_is_counted_and_neither_open_nor_overdue(night_id: int) -> None:
    add_breaks(2, status="accepted", open_since=date(2020, 1, 1))
    add_breaks(1)
    alert(night_id, NIGHT)
    assert "未消除差异 1 处，今晚新增 1 处、消除 0 处；已认可 2 处" in copy()
    assert "超过" not in copy()


def test_before_the_first_publish_nobody_is_told_that_all_ledgers_agree(night_id: int) -> None:
    with connect() as connection:
        connection.execute("alter table reconciliation.ledger_break rename to not_yet")
    assert alert(night_id, NIGHT) == 1
    with connect() as connection:
        connection.execute("alter table reconciliation.not_yet rename to ledger_break")
    assert "还没有发布过核对结果。" in copy()
    assert "一致" not in copy()


# Where it goes


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with web_hook() as hook:
        yield hook


@pytest.fixture
def mail() -> Iterator[Mail]:
    with mailbox() as box:
        yield box


Configure = Callable[..., None]


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Configure]:
    """Set `TAIZHANG_ALERT_URLS` to the given URLs."""
    monkeypatch.setattr(channel_module, "_BACKOFF", tenacity.wait_none())

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


def test_an_outbox_that_takes_nothing_fails_the_alert_only_where_it_is_all_there_is(
    night_id: int, receiver: Receiver, configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("TAIZHANG_OUTBOX", str(tmp_path / "file" / "outbox"))
    settings.cache_clear()
    with pytest.raises(OSError, match="file"):
        alert(night_id, NIGHT)
    configure(f"json://127.0.0.1:{receiver.port}/hook")
    assert alert(night_id, NIGHT) == 1
    assert len(receiver.received) == 1


def test_a_mailbox_receives_the_alert(night_id: int, mail: Mail, configure: Configure) -> None:
    inbox, url = mail
    configure(url)
    add_breaks(3)
    assert alert(night_id, NIGHT) == 1
    assert "【高沙镇】就业 3 处（新 3）" in inbox.received[0]


def test_a_dead_channel_fails_alone_and_is_tried_again(
    night_id: int, mail: Mail, receiver: Receiver, configure: Configure, caplog: pytest.LogCaptureFixture
) -> None:
    inbox, url = mail
    configure("json://user:very-secret@127.0.0.1:1/hook", url)
    assert alert(night_id, NIGHT) == 1
    assert len(inbox.received) == 1
    assert [(channel, status) for channel, status, _ in deliveries()] == [
        ("json", "failed"),
        ("mailto", "sent"),
    ]
    assert "did not go through json" in caplog.text
    assert "very-secret" not in caplog.text + repr(deliveries())

    configure(f"json://user:very-secret@127.0.0.1:{receiver.port}/hook", url)
    assert alert(open_night(), NIGHT) == 1
    assert (len(receiver.received), len(inbox.received)) == (1, 1)


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
        for division in (township, *children(township.code)[:2]):
            record_extract(night_id, "a.xlsx", is_rejected=True, division_code=division.code)
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


@pytest.mark.parametrize(
    ("urls", "wrong"),
    [
        (["foo://hunter2"], "number 1 of its 1"),
        (["json://a.example", "https://a.example/hunter2", "wecombot://"], "number 2 and 3 of its 3"),
    ],
)
def test_an_url_that_nothing_understands_is_said_before_a_night_begins(
    configure: Configure, warehouse: Path, urls: list[str], wrong: str
) -> None:
    configure(*urls)
    with pytest.raises(SettingsError, match=wrong) as refused:
        steps.open_night({"date": None, "inbox": None, "quiet": False}, SimpleNamespace(run_type="manual"))
    assert "hunter2" not in str(refused.value)


def test_urls_that_apprise_understands_are_taken(configure: Configure) -> None:
    configure("wecombot://key", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc", "mailto://a:b@c.example")
    check_channels()


def test_no_number_of_a_person_is_in_an_alert(night_id: int) -> None:
    record_extract(
        night_id, "13812345678/990525199001011234 6222020200001234567.xlsx", division_code=GAOSHA, is_rejected=True
    )
    alert(night_id, NIGHT)
    assert not any(re.search(shape, copy()) for shape in SHAPES.values())


# The robots, as each takes a message


def deliver_to(url: str, *lines: str) -> str | None:
    return send(Channel("robot", SecretStr(url)), "标题", lines).error


def test_wecom_is_sent_its_text_message(wecom: Receiver) -> None:
    assert deliver_to("wecombot://robot-key-0123456789", "一", "二") is None
    assert wecom.paths == ["/?key=robot-key-0123456789"]
    assert wecom.received == [{"msgtype": "text", "text": {"content": "标题\r\n一\n二"}}]


@pytest.fixture
def dingtalk(receiver: Receiver, configure: Configure, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    monkeypatch.setattr(
        NotifyDingTalk, "notify_url", f"http://127.0.0.1:{receiver.port}/robot/send?access_token={{token}}"
    )
    monkeypatch.setattr(NotifyDingTalk, "request_rate_per_sec", 0)
    receiver.answer = b'{"errcode": 0, "errmsg": "ok"}'
    return receiver


def test_dingtalk_is_sent_its_signed_text_message(dingtalk: Receiver) -> None:
    token, secret = "a" * 64, "SEC" + "b" * 32
    assert deliver_to(f"dingtalk://{secret}@{token}", "一") is None
    query = parse_qs(urlsplit(dingtalk.paths[0]).query)
    signed = hmac.new(secret.encode(), f"{query['timestamp'][0]}\n{secret}".encode(), hashlib.sha256).digest()
    assert query["access_token"] == [token]
    assert query["sign"] == [base64.b64encode(signed).decode()]
    assert abs(int(query["timestamp"][0]) / 1000 - time.time()) < 60
    (message,) = dingtalk.received
    assert message["msgtype"] == "text"
    assert message["text"] == {"content": "标题\r\n一"}
    assert message["at"] == {"atMobiles": [], "isAtAll": False}


@pytest.fixture
def feishu(receiver: Receiver, configure: Configure, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    monkeypatch.setattr(NotifyFeishu, "notify_url", f"http://127.0.0.1:{receiver.port}/hook/{{token}}/")
    monkeypatch.setattr(NotifyFeishu, "request_rate_per_sec", 0)
    receiver.answer = b'{"code": 0, "msg": "success"}'
    return receiver


def test_feishu_is_sent_its_text_message(feishu: Receiver) -> None:
    assert deliver_to("feishu://robot-token-0123", "一") is None
    assert feishu.paths == ["/hook/robot-token-0123/"]
    assert feishu.received == [{"msg_type": "text", "content": {"text": "标题\r\n一"}}]


def test_each_robot_may_refuse_with_status_200(dingtalk: Receiver) -> None:
    dingtalk.answer = b'{"errcode": 310000, "errmsg": "sign not match"}'
    assert deliver_to(f"dingtalk://{'a' * 64}", "一") == "the robot refused the message with errcode 310000"
    assert len(dingtalk.received) == 1  # asking again would not change its mind


def test_feishu_refuses_by_its_own_word(feishu: Receiver) -> None:
    feishu.answer = b'{"code": 19021, "msg": "sign match fail"}'
    assert deliver_to("feishu://robot-token-0123", "一") == "the robot refused the message with code 19021"


def test_a_robot_that_asks_for_patience_is_sent_the_message_again(wecom: Receiver) -> None:
    wecom.answer = b'{"errcode": 45009, "errmsg": "api freq out of limit"}'
    assert deliver_to("wecombot://robot-key-0123456789", "一") == "the robot refused the message with errcode 45009"
    assert len(wecom.received) == 3


def test_what_fails_in_passing_is_sent_again_and_only_that(wecom: Receiver) -> None:
    wecom.failures = 2
    assert deliver_to("wecombot://robot-key-0123456789", "一") is None
    assert (len(wecom.paths), len(wecom.received)) == (3, 1)


def test_a_channel_that_hangs_is_given_up(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_module, "_TIMEOUT_SECONDS", 0.3)
    receiver.pause = threading.Event()
    try:
        assert deliver_to(f"json://127.0.0.1:{receiver.port}/", "一") == "no answer within 0.3 seconds"
    finally:
        receiver.pause.set()


def test_a_robot_gets_twenty_messages_a_minute_at_most() -> None:
    now, pauses = [0.0], []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        now[0] += seconds

    pace = Pace(clock=lambda: now[0], sleep=sleep)
    times = []
    for _ in range(50):
        pace.wait()
        times.append(now[0])
        now[0] += 0.5
    assert all(later - former >= 60 for former, later in pairwise_at(times, 20))
    assert len(pauses) == 2


def pairwise_at(times: list[float], distance: int) -> list[tuple[float, float]]:
    return list(zip(times, times[distance:], strict=False))


@given(st.text() | st.sampled_from(["a\r\n@all", "<at user_id='all'>", "[x](https://evil.example)", "<b>`**\x1b[1m"]))
def test_text_from_outside_stays_one_line_without_meaning_to_a_channel(text: str) -> None:
    harmless = plain(text)
    assert len(harmless.splitlines()) <= 1
    assert not set(harmless) & set("@<>[]`*&|\x1b\u202e")
    assert "://" not in harmless
    assert plain(harmless) == harmless


def test_a_file_name_cannot_command_a_channel(night_id: int, wecom: Receiver) -> None:
    record_extract(night_id, "收入\n【县】<@all> [点](http:／／x) @all.xlsx", division_code=GAOSHA, is_rejected=True)
    assert alert(night_id, NIGHT) == 1
    (text,) = (message["text"]["content"] for message in wecom.received)
    assert not set(text) & set("@<>[]")
    assert "退回 1 个文件" in text


# Contacts


@pytest.fixture
def write_contacts(warehouse: Path, configure: Configure) -> Iterator[Callable[[str], None]]:
    path = warehouse / "contacts.yaml"
    configure()
    yield lambda text: path.write_text(text, encoding="utf-8") and None
    path.unlink(missing_ok=True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("contacts: [{division: 高沙, url: 'json://u:hunter2@host'}]", "contacts.1.url: write env:NAME or airflow:"),
        ("contacts: [{division: 不知镇, url: env:A}]", "contacts.1.division: '不知镇' is no division"),
        ("contacts: [{division: 高沙, url: env:A, ledgers: [wages]}]", "'wages' is no ledger"),
        ("contacts: [{division: 高沙, url: env:A, severity: loud}]", "contacts.1.severity: "),
        ("contacts: [{division: 高沙, url: env:A, colour: red}]", "contacts.1.colour: "),
        ("contacts: [{division: 高沙, url: env:A}, {division: 高沙镇, url: env:A}]", "a contact twice"),
        ("contacts: [", "is not YAML"),
        ("nobody", "contacts.yaml: the file: "),
    ],
)
def test_a_mistake_in_the_contacts_is_said_before_anything_is_sent(
    night_id: int, write_contacts: Callable[[str], None], text: str, said: str
) -> None:
    write_contacts(text)
    with pytest.raises(ContactError) as error:
        alert(night_id, NIGHT)
    assert said in str(error.value)
    assert "hunter2" not in str(error.value)
    assert deliveries() == []


def test_each_township_hears_of_its_own_and_the_county_of_all(
    night_id: int, write_contacts: Callable[[str], None], receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("COUNTY_HOOK", "GAOSHA_HOOK", "QUIET_HOOK"):
        monkeypatch.setenv(name, f"json://127.0.0.1:{receiver.port}/{name}")
    add_breaks(1, open_since=date(2020, 12, 23), division=GAOSHA)
    tell(EVE)
    write_contacts(
        "contacts:\n- {division: 洞口县, url: env:COUNTY_HOOK}\n- {division: 高沙, url: env:GAOSHA_HOOK}\n"
        "- {division: 石江镇, url: env:QUIET_HOOK}\n"
    )
    add_breaks(3)
    assert alert(open_night(), NIGHT) == 2
    assert receiver.paths == ["/GAOSHA_HOOK", "/COUNTY_HOOK"]
    assert receiver.received[0]["title"] == "高沙镇台账核对 2020-12-31"
    assert receiver.received[0]["message"].splitlines() == [
        "未消除差异：就业 4 处（新 3、超期 1）。",
        "- 高沙镇：就业 1 处（超期 1），最早 2020-12-23",
        "- 长裕社区：就业 3 处（新 3）",
    ]


def test_a_contact_hears_of_its_ledgers_and_of_what_is_urgent_only(
    night_id: int, write_contacts: Callable[[str], None], receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK", f"json://127.0.0.1:{receiver.port}/")
    write_contacts("contacts: [{division: 高沙, url: env:HOOK, severity: urgent, ledgers: [employment]}]")
    add_breaks(3)
    add_breaks(1, open_since=date(2020, 12, 1), ledger="training")
    assert alert(night_id, NIGHT) == 0
    add_breaks(1, open_since=date(2020, 12, 1))
    assert alert(open_night(), NIGHT) == 1
    assert "培训" not in receiver.received[0]["message"]


def test_a_connection_of_airflow_is_asked_for_when_sending(
    night_id: int, write_contacts: Callable[[str], None], receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    from taizhang.airflow import connection_url

    monkeypatch.setenv("AIRFLOW_HOME", str(settings().airflow_home))
    extra = {"url": f"json://127.0.0.1:{receiver.port}/township"}
    monkeypatch.setenv("AIRFLOW_CONN_GAOSHA_ROBOT", json.dumps({"conn_type": "generic", "extra": extra}))
    monkeypatch.setenv("AIRFLOW_CONN_COUNTY_ROBOT", f"json://127.0.0.1:{receiver.port}/county")
    write_contacts(
        "contacts: [{division: 高沙, url: airflow:gaosha_robot}, {division: 洞口县, url: airflow:county_robot},"
        " {division: 洞口县, url: airflow:nobody}]"
    )
    add_breaks(1)
    assert alert(night_id, NIGHT, connection_url) == 2
    assert receiver.paths == ["/township", "/county"]
    assert deliveries()[-1] == ("洞口县 airflow:nobody", "failed", "Airflow has no connection nobody")


def test_a_dead_channel_is_told_through_another_and_in_the_next_digest(
    night_id: int, write_contacts: Callable[[str], None], receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTY_HOOK", f"json://127.0.0.1:{receiver.port}/")
    write_contacts("contacts: [{division: 高沙, url: env:NOT_SET}, {division: 洞口县, url: env:COUNTY_HOOK}]")
    add_breaks(1)
    assert alert(night_id, NIGHT) == 1
    assert deliveries()[0] == ("高沙镇 env:NOT_SET", "failed", "the environment variable NOT_SET is not set")
    assert "通知没有送达：高沙镇 env:NOT_SET" in receiver.received[0]["message"]
    assert alert(open_night(date(2021, 1, 1)), date(2021, 1, 1)) == 1
    assert "通知没有送达：高沙镇 env:NOT_SET" in receiver.received[1]["message"]


def test_what_could_not_be_delivered_goes_with_the_next_night(
    night_id: int, write_contacts: Callable[[str], None], receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_contacts("contacts: [{division: 高沙, url: env:TOWNSHIP_HOOK}]")
    add_breaks(4)
    tell(NIGHT)
    assert receiver.received == []
    monkeypatch.setenv("TOWNSHIP_HOOK", f"json://127.0.0.1:{receiver.port}/")
    tell(NIGHT + timedelta(days=1))
    (message,) = receiver.received
    assert message["title"] == "高沙镇台账核对 2020-12-31"
    assert "就业 4 处（新 4）" in message["message"]
    tell(NIGHT + timedelta(days=2))
    assert len(receiver.received) == 1


def test_what_could_not_be_delivered_goes_with_the_same_date_run_again(
    night_id: int, write_contacts: Callable[[str], None], receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_contacts("contacts: [{division: 高沙, url: env:TOWNSHIP_HOOK}]")
    add_breaks(4)
    tell(NIGHT)
    monkeypatch.setenv("TOWNSHIP_HOOK", f"json://127.0.0.1:{receiver.port}/")
    change_breaks(1, "status = 'closed'")
    tell(NIGHT)
    tell(NIGHT)
    told = sorted(message["message"].splitlines()[0] for message in receiver.received)
    assert told == ["未消除差异：就业 3 处（消除 1）。", "未消除差异：就业 4 处（新 4）。"]


def test_of_a_message_in_parts_only_those_go_again_that_have_not_gone(
    night_id: int, wecom: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for township in children(county().code):
        record_extract(night_id, "a.xlsx", is_rejected=True, division_code=township.code)
    monkeypatch.setitem(channel_module._LIMIT_BYTES, "wecombot", 200)
    wecom.takes = 2
    assert alert(night_id, NIGHT) == 0
    gone = len(wecom.received)
    wecom.takes = None
    assert alert(night_id, NIGHT) == 1
    headings = [message["text"]["content"].splitlines()[0] for message in wecom.received]
    assert gone == 2
    assert len(headings) == len(set(headings)) > 3


# Once, and only once


def test_two_processes_tell_a_night_once(night_id: int, receiver: Receiver, configure: Configure) -> None:
    configure(f"json://127.0.0.1:{receiver.port}/hook")
    receiver.pause = threading.Event()
    with ThreadPoolExecutor() as pool:
        first = pool.submit(alert, night_id, NIGHT)
        while not (receiver.received or first.done()):
            time.sleep(0.01)
        assert deliveries() == [("json", "sending", None)]
        assert alert(night_id, NIGHT) == 0
        receiver.pause.set()
        assert first.result() == 1
    assert len(receiver.received) == 1


def test_what_a_night_that_broke_off_has_told_is_not_told_again(
    night_id: int, receiver: Receiver, configure: Configure
) -> None:
    configure(f"json://127.0.0.1:{receiver.port}/hook")
    add_breaks(1)
    assert alert(night_id, NIGHT) == 1
    with connect() as connection:
        connection.execute("update reconciliation.night set told_at = null")
    assert alert(open_night(), NIGHT) == 0
    assert len(receiver.received) == 1


def test_a_task_that_is_tried_again_tells_only_who_was_not_reached(
    night_id: int, receiver: Receiver, configure: Configure
) -> None:
    configure(f"json://127.0.0.1:{receiver.port}/hook")
    assert alert(night_id, NIGHT) == 1
    add_breaks(1)
    assert alert(night_id, NIGHT) == 0


def test_other_news_of_a_date_in_the_same_words_is_sent_too(
    night_id: int, write_contacts: Callable[[str], None], receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK", f"json://127.0.0.1:{receiver.port}/")
    write_contacts("contacts: [{division: 高沙, url: env:HOOK}]")
    for name in ("one.xlsx", "other.xlsx"):
        record_extract(night_id, name, division_code=GAOSHA, is_rejected=True)
        assert alert(night_id, NIGHT) == 1
        night_id = open_night()
    first, second = receiver.received
    assert first == second


def test_what_a_crash_left_between_sending_and_recording_is_sent_again(
    night_id: int, receiver: Receiver, configure: Configure
) -> None:
    configure(f"json://127.0.0.1:{receiver.port}/hook")
    with connect() as connection:
        connection.execute(
            "insert into reconciliation.alert_delivery (night_id, night_date, channel, content_hash, status)"
            " values (%s, %s, 'json', %s, 'sending')",
            [night_id, NIGHT, compose(News(NIGHT)).content_hash],
        )
    assert alert(night_id, NIGHT) == 1
    assert [status for _, status, _ in deliveries()].count("sent") == 1


# From night to night


def test_a_break_is_overdue_once_and_an_unchanged_night_takes_one_line(night_id: int) -> None:
    add_breaks(2, open_since=date(2020, 12, 23))
    tell(EVE)
    assert "【高沙镇】就业 2 处（超期 2）" in tell(NIGHT)
    after = date(2021, 3, 1)
    assert tell(after).splitlines()[2:] == ["与上次相同：未消除差异 2 处，超过 7 天 2 处。"]
    assert not (settings().outbox_dir / "alerts" / after.isoformat()).exists()


def test_what_awaits_its_acceptance_is_the_countys_and_overdue_for_no_township(night_id: int) -> None:
    add_breaks(3, open_since=date(2020, 12, 1))
    tell(EVE)
    change_breaks(2, "answered_on = '2020-12-31'")
    told = tell(NIGHT)
    assert "未消除差异 3 处（超过 7 天 1 处，待县级认可 2 处），今晚新增 0 处、消除 0 处" in told
    assert "【高沙镇】就业 3 处（超期 1、待认可 2）" in told
    assert "就业 3 处（超期 1、待认可 2），最早 2020-12-01" in copy_of_township(NIGHT)
    after = NIGHT + timedelta(days=7)
    assert "与上次相同：未消除差异 3 处，超过 7 天 1 处，待县级认可 2 处。" in tell(after)


def test_the_county_alone_is_told_that_it_takes_too_long_to_accept(night_id: int) -> None:
    add_breaks(2, open_since=date(2020, 12, 1))
    change_breaks(2, "answered_on = '2020-12-24'")
    assert "最早" not in tell(EVE)
    after = NIGHT + timedelta(days=1)
    with connect() as connection:
        news = gather(connection, open_night(after), after)
    assert "未消除差异 2 处（待县级认可 2 处、其中超过 7 天 2 处），今晚" in tell(after)
    assert news.is_urgent
    assert compose_township(divisions()[GAOSHA], news) is None
    assert "与上次相同：" in tell(after + timedelta(days=1))


def test_what_is_answered_otherwise_after_all_is_overdue_for_the_township_again(night_id: int) -> None:
    add_breaks(1, open_since=date(2020, 12, 1))
    change_breaks(1, "answered_on = '2020-12-29'")
    assert "超期" not in tell(EVE)
    change_breaks(1, "answered_on = null")
    assert "就业 1 处（超期 1）" in tell(NIGHT)


def test_what_a_quiet_run_by_day_found_is_told_by_the_next_night_and_what_was_told_is_not(night_id: int) -> None:
    record_extract(night_id, "told.xlsx", division_code=GAOSHA, is_rejected=True)
    add_breaks(4)
    assert "新增 4 处、消除 0 处；退回 1 个文件" in tell(NIGHT)
    # By day, of the same date: nobody is told.
    record_extract(open_night(), "by day.xlsx", division_code=GAOSHA, is_rejected=True)
    change_breaks(1, "status = 'closed'")
    add_breaks(3)
    after = NIGHT + timedelta(days=1)
    assert "未消除差异 6 处，今晚新增 3 处、消除 1 处；退回 1 个文件" in tell(after)
    assert "与上次相同：未消除差异 6 处" in tell(after + timedelta(days=1))


def test_what_nobody_was_told_of_because_the_night_broke_off_is_told_by_the_next(night_id: int) -> None:
    tell(EVE)
    add_breaks(2)
    open_night()  # published, but its alert never came
    assert "今晚新增 2 处" in tell(NIGHT + timedelta(days=1))


def test_the_first_night_after_an_upgrade_tells_what_has_changed_since_the_version_before(night_id: int) -> None:
    """A version that kept nothing of what it told, and ran by day once more before it was replaced."""
    add_breaks(4, open_since=EVE)
    deliver_as_the_version_before(open_night(EVE))
    change_breaks(1, "status = 'closed', closed_on = '2020-12-31'")
    with connect() as connection:
        connection.execute("alter table reconciliation.ledger_break drop overdue_on, drop open_since")
        connection.execute("alter table reconciliation.ledger_break drop awaits_acceptance")
        connection.execute("drop table reconciliation.told_break")
    migrate()
    with connect() as connection:
        connection.execute("alter table reconciliation.ledger_break add open_since date")
        connection.execute("update reconciliation.ledger_break set open_since = first_seen")
    add_breaks(2)
    assert "未消除差异 5 处，今晚新增 2 处、消除 1 处" in tell(NIGHT)
    assert "与上次相同：未消除差异 5 处" in tell(NIGHT + timedelta(days=1))


def deliver_as_the_version_before(night_id: int) -> None:
    with connect() as connection:
        connection.execute("update reconciliation.night set status = 'published' where night_id = %s", [night_id])
        connection.execute(
            "insert into reconciliation.alert_delivery (night_id, night_date, channel, content_hash, status)"
            " values (%s, %s, 'file', %s, 'sent')",
            [night_id, EVE, compose(News(EVE)).content_hash],
        )


def test_a_late_division_is_reminded_once_and_then_escalated_to_the_county(night_id: int) -> None:
    record_extract(night_id, "a.xlsx", division_code=GAOSHA, extract_date=date(2020, 12, 31))
    tell(NIGHT)
    told = {}
    for day in range(1, 18):
        after = date(2021, 1, day)
        tell(after)
        own = settings().outbox_dir / "alerts" / after.isoformat() / "高沙镇.md"
        told[day] = (
            own.exists() and "请交高沙镇就业台账" in own.read_text(encoding="utf-8"),
            "久未交表" in copy(after),
        )
    assert [day for day, (reminded, _) in told.items() if reminded] == [8, 15]
    assert [day for day, (_, escalated) in told.items() if escalated] == [15]


def test_a_township_whose_breaks_are_all_closed_reads_so() -> None:
    news = News(NIGHT, (BreakCount(GAOSHA, CHANGYU, "employment", open=0, new=0, closed=2),))
    message = compose_township(divisions()[GAOSHA], news)
    assert message is not None
    assert message.lines[0] == "差异已全部消除。"
    assert compose_township(divisions()[SHIJIANG], news) is None


def test_every_township_of_which_somebody_is_escalated_is_named() -> None:
    townships = [township.code for township in children(county().code)]
    late = tuple(Late(code, "employment", NIGHT, escalated=True, is_news=True) for code in [*townships, CHANGYU])
    known = Late(SHIJIANG, "training", NIGHT, escalated=False, is_news=False)
    lines = compose(News(NIGHT, late=(*late, known))).lines[-len(townships) - 1 :]
    assert "- 久未交表：高沙镇 2 份台账" in lines
    assert "- 久未交表：石江镇就业台账（上次 2020-12-31）" in lines
    assert lines[-1] == "另有 1 份台账迟交。"


def test_a_township_is_shown_its_worklist_and_its_receipts(warehouse: Path) -> None:
    worklist = settings().outbox_dir / "worklists" / "2020-12-31" / "高沙镇.xlsx"
    worklist.parent.mkdir(parents=True, exist_ok=True)
    worklist.touch()
    news = News(NIGHT, (BreakCount(GAOSHA, CHANGYU, "employment", open=1, new=1, closed=0),))
    message = compose_township(divisions()[GAOSHA], news)
    worklist.unlink()
    assert message is not None
    assert message.lines[-1] == "工作单：outbox/worklists/2020-12-31/高沙镇.xlsx"


def test_a_township_is_shown_the_receipts_of_the_day_on_which_it_handed_in(warehouse: Path) -> None:
    receipts = settings().outbox_dir / "receipts"
    for place in ("2020-12-29/township/高沙镇", "2020-12-30/township/高沙镇", "2020-12-30/village/高沙镇/长裕社区"):
        (receipts / place).mkdir(parents=True)
    handed_in = (
        HandedIn(GAOSHA, "2020-12-29/township/高沙镇/就业.xlsx", rejected=True, rows_rejected=0),
        HandedIn(GAOSHA, "2020-12-30/township/高沙镇/就业.xlsx", rejected=True, rows_rejected=0),
        HandedIn(CHANGYU, "2020-12-30/village/高沙/长裕/就业.xlsx", rejected=True, rows_rejected=0),
    )
    message = compose_township(divisions()[GAOSHA], News(NIGHT, handed_in=handed_in))
    shutil.rmtree(receipts)
    assert message is not None
    assert message.lines[-2:] == (
        "回执：outbox/receipts/2020-12-30/township/高沙镇",
        "各村回执：outbox/receipts/2020-12-30/village/高沙镇",
    )


def test_without_a_file_there_are_no_contacts_but_one_that_is_named_has_to_exist(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert contacts() == ()
    monkeypatch.setenv("TAIZHANG_CONTACTS", str(warehouse / "elsewhere.yaml"))
    settings.cache_clear()
    try:
        with pytest.raises(ContactError, match="does not exist"):
            contacts()
    finally:
        settings.cache_clear()
