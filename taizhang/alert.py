"""The alert after a night: the county reads one digest, each township its own, and only what has changed.

It goes to the contacts and to every channel of `TAIZHANG_ALERT_URLS`; a copy is always left in `outbox/alerts/`.
"""

import hashlib
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import PurePath

from pydantic import SecretStr

from taizhang.channel import Channel, Outcome, plain, send
from taizhang.contact import FindConnection, Recipient, recipients
from taizhang.delivery import Letter, deliver, owed, undelivered
from taizhang.division import Division, children, county, divisions, office_of
from taizhang.news import (
    BreakCount,
    CheckedFigure,
    HandedIn,
    Late,
    News,
    gather,
    of_ledgers,
    of_township,
    remember,
)
from taizhang.settings import settings
from taizhang.store import write
from taizhang.warehouse import connect

_log = logging.getLogger(__name__)
LEDGER_NAMES = {"employment": "就业", "training": "培训", "subsidy": "补贴"}
_CHANGES = {
    "new": "新", "reopened": "再现", "grown": "扩大", "closed": "消除", "overdue": "超期", "awaiting": "待认可",
}  # fmt: skip
FILE_CHANNEL = "file"
_NAMED_AT_MOST = 3
_VILLAGES_NAMED_AT_MOST = 10


@dataclass(frozen=True)
class Message:
    """What one recipient reads."""

    title: str
    lines: tuple[str, ...]
    urgent: bool

    @property
    def content_hash(self) -> str:
        return hashlib.sha256("\n".join([self.title, *self.lines]).encode()).hexdigest()


def alert(night_id: int, night_date: date, find_connection: FindConnection | None = None) -> int:
    """Tell everybody of the night. Returns how many were told; the file counts as one if nobody is configured.

    Who was told by this night is not told again, and of a date that is run again only what has changed since. A
    channel that fails is logged, recorded in `reconciliation.alert_delivery` and told to the county; the night goes
    on, and what could not be delivered goes with a later night's. Raises `ContactError` before anything is sent if
    the contacts cannot be read.
    """
    known = recipients(find_connection)
    with connect("checker") as connection:
        news = gather(connection, night_id, night_date)
    sent = _tell(known, news, night_id) if known else _file(news, night_id)
    remember(night_id, night_date)
    return sent


def _file(news: News, night_id: int) -> int:
    """Nobody is configured: the copy is what there is to read."""
    _write_copies(news)
    message = digest(news)
    if message is None:
        return 0
    return int(deliver(_letter(night_id, news.night_date, FILE_CHANNEL, message), lambda _: Outcome()) is not None)


def _letter(night_id: int, night_date: date, channel: str, message: Message, note: Iterable[str] = ()) -> Letter:
    lines = [*note, *message.lines]
    return Letter(night_id, night_date, channel, message.content_hash, message.title, lines)


def _in_order(known: Iterable[Recipient], unreached: Sequence[str]) -> list[Recipient]:
    """The county last, as it hears of channels that failed; among its own, those first that failed last night."""
    return sorted(known, key=lambda r: (r.division_code == county().code, r.name not in unreached))


def _tell(known: Iterable[Recipient], news: News, night_id: int) -> int:
    unreached = undelivered(night_id)
    taken, dead = 0, list(unreached)
    for recipient in _in_order(known, unreached):
        note = _dead_channels(dead) if recipient.division_code == county().code else []
        message = message_to(recipient, news)
        letters = [_letter(night_id, news.night_date, recipient.name, message, note)] if message else []
        outcome, is_told = None, False
        for letter in [*letters, *owed(recipient.name, night_id, news.night_date)]:
            outcome = deliver(letter, partial(send_to, recipient, letter.title, letter.lines))
            if outcome and outcome.error:
                break  # what is owed would not go through either
            is_told = is_told or outcome is not None
        taken += is_told
        if outcome and outcome.error and recipient.name not in dead:
            dead.append(recipient.name)
    with spared("the copies of what was sent"):
        _write_copies(news)
    return taken


def send_to(recipient: Recipient, title: str, lines: Sequence[str], parts_sent: int = 0) -> Outcome:
    """Send to one recipient, but for the parts that have gone before."""
    try:
        channel = Channel(recipient.name, SecretStr(recipient.find_url()))
    except LookupError as error:
        return Outcome(str(error), parts_sent)
    return send(channel, title, lines, parts_sent=parts_sent)


def _dead_channels(names: Sequence[str]) -> list[str]:
    named = "、".join(plain(name) for name in names[:_NAMED_AT_MOST])
    more = f"等 {len(names)} 个" if len(names) > _NAMED_AT_MOST else ""
    return [f"⚠ 通知没有送达：{named}{more}，请检查通道。"] if names else []


def message_to(recipient: Recipient, news: News) -> Message | None:
    """What a recipient reads of a night; None if there is nothing that it asked to hear of."""
    news = of_ledgers(news, recipient.ledgers)
    if recipient.division_code == county().code:
        message = digest(news)
    else:
        message = compose_township(divisions()[recipient.division_code], news)
    return message if message and (message.urgent or not recipient.urgent_only) else None


# The county's digest


def digest(news: News) -> Message | None:
    """What the county reads: in the county silence means a fault, save of a date of which it has read before."""
    return None if news.is_of_told_date and news.is_empty else compose(news)


def compose(news: News) -> Message:
    """The county's digest: townships in which something changed, the others counted. It is never empty."""
    lines = [_headline(news), *_figure_lines(news.figures)]
    if news.structural_failures:
        lines[0] = f"上次发布时：{lines[0]}" if news.published else lines[0]
        lines.insert(0, f"⚠ {news.structural_failures} 项数据自检没有通过，今晚的数据没有发布，请联系运维人员。")
    if news.found_no_file:
        lines.insert(0, "⚠ 收件箱里一个文件也没有，请检查收件箱是否接通。")
    for division in (county(), *children(county().code)):
        lines += _division_lines(division, of_township(news, division.code))
    lines += [*_unchanged_line(news), *_late_lines(news.late)]
    return Message(f"{county().name}台账核对 {news.night_date.isoformat()}", tuple(lines), news.is_urgent)


def _headline(news: News) -> str:
    counted = ("open", "new", "reopened", "grown", "closed", "accepted")
    open_, new, reopened, grown, closed, accepted = (
        sum(getattr(count, name) for count in news.breaks) for name in counted
    )
    known = f"；已认可 {accepted} 处" if accepted else ""
    late = _overdue_phrase(news.breaks)
    again, wider = f"再现 {reopened} 处、" if reopened else "", f"扩大 {grown} 处、" if grown else ""
    rejected = _rejected_phrase(news)
    if not news.published:
        return f"还没有发布过核对结果{rejected and f'；{rejected}'}。"
    if not (open_ or closed or rejected):
        return f"各级台账一致，没有退回的文件和行{known}。"
    if news.is_empty:
        return f"与上次相同：未消除差异 {open_} 处{late and f'，{late}'}{known}。"
    return (
        f"未消除差异 {open_} 处{late and f'（{late}）'}，今晚新增 {new} 处、{again}{wider}消除 {closed} 处{known}"
        f"{rejected and f'；{rejected}'}。"
    )


def _overdue_phrase(breaks: Sequence[BreakCount]) -> str:
    """`超过 7 天 4 处，待县级认可 3 处、其中超过 7 天 1 处`: of what is open; empty if none of it is."""
    overdue, awaiting = sum(count.overdue for count in breaks), sum(count.awaiting for count in breaks)
    too_long = sum(count.awaiting_overdue for count in breaks)
    late = f"超过 {settings().overdue_days} 天"
    own = f"待县级认可 {awaiting} 处" + (f"、其中{late} {too_long} 处" if too_long else "")
    return "，".join([*([f"{late} {overdue} 处"] if overdue else []), *([own] if awaiting else [])])


def _figure_lines(figures: Sequence[CheckedFigure]) -> Iterator[str]:
    """The published figures' verdict, the unmet ones by name while they are few, and the known difference."""
    held = [figure for figure in figures if figure.severity != "info"]
    unmet = [figure for figure in held if not figure.success]
    if held:
        yield f"公布数据：{len(held) - len(unmet)} 项相符，{len(unmet)} 项不符。"
    for figure in unmet if len(unmet) <= _NAMED_AT_MOST else ():
        yield f"- 不符：{plain(figure.statement)}，{_computed(figure.computed)}"
    for figure in figures:
        if figure.severity == "info" and figure.difference:
            known, amount = plain(figure.statement), f"{figure.difference:,.2f} 元"
            yield f"- 已知差异：{known}（{amount}）" if figure.success else f"- 已知差异有变：{known}，现为 {amount}"


def _computed(value: Decimal | None) -> str:
    return "台账算不出这个数" if value is None else "台账算得 " + f"{value:,.2f}".removesuffix(".00")


def _division_lines(division: Division, news: News) -> Iterator[str]:
    """What changed in a township (or the county's own office): its breaks, and what it and its villages got back."""
    told = _ledger_phrases(news.breaks) if any(count.has_news for count in news.breaks) else []
    if rejected := _rejected_phrase(news):
        told.append(rejected)
    if told:
        yield f"【{division.name}】{'，'.join(told)}"
    yield from _rejected_lines(division, news.rejected)


def _rejected_phrase(news: News) -> str:
    """`退回 1 个文件、7 行、2 条工作单答复`; empty if all was taken."""
    counted = {"个文件": len(news.rejected), "行": news.rows_rejected, "条工作单答复": news.answers_rejected}
    told = "、".join(f"{count} {unit}" for unit, count in counted.items() if count)
    return told and f"退回 {told}"


def _rejected_lines(office: Division, rejected: Sequence[HandedIn]) -> Iterator[str]:
    """Whose files were refused, if not the office's alone; their names may hold a person's, and stand in receipts."""
    counted = Counter(file.division_code for file in rejected)
    if counted.keys() <= {office.code}:
        return
    for code, count in [*counted.items()][:_NAMED_AT_MOST]:
        yield f"- {divisions()[code].name}：{count} 个文件"
    if rest := [*counted.values()][_NAMED_AT_MOST:]:
        yield f"- 另有 {len(rest)} 个单位 {sum(rest)} 个文件"


def _ledger_phrases(breaks: Sequence[BreakCount]) -> list[str]:
    """`就业 12 处（新 3、消除 1、超期 4）` for each ledger that has something open or closed tonight."""
    phrases = []
    for ledger, name in LEDGER_NAMES.items():
        counts = [count for count in breaks if count.ledger == ledger]
        numbers = {word: sum(getattr(count, name) for count in counts) for name, word in _CHANGES.items()}
        open_ = sum(count.open for count in counts)
        said = [f"{word} {number}" for word, number in numbers.items() if number]
        if open_ or numbers["消除"]:
            phrases.append(f"{name} {open_} 处" + (f"（{'、'.join(said)}）" if said else ""))
    return phrases


def _unchanged_line(news: News) -> Iterator[str]:
    """How many other townships have something open, if the digest names any."""
    changed = {count.township_code for count in news.breaks if count.has_news}
    others = [count for count in news.breaks if count.open and count.township_code not in changed]
    if others and not news.is_empty:
        townships = len({count.township_code for count in others})
        yield f"其余 {townships} 个单位没有变化，未消除 {sum(count.open for count in others)} 处。"


def _late_lines(late: Sequence[Late]) -> Iterator[str]:
    """The county names each township of which somebody is escalated tonight; whoever else is late is counted."""
    told = [one for one in late if one.escalated and one.is_news]
    by_office: dict[str, list[Late]] = {}
    for one in told:
        by_office.setdefault(office_of(divisions()[one.division_code]).name, []).append(one)
    for office, own in by_office.items():
        yield f"- 久未交表：{_late_phrase(own[0])}" if len(own) == 1 else f"- 久未交表：{office} {len(own)} 份台账"
    if (rest := len(late) - len(told)) and any(one.is_news for one in late):
        yield f"{'另有 ' if told else '迟交台账 '}{rest} 份{'台账迟交' if told else ''}。"


def _late_phrase(late: Late) -> str:
    name = divisions()[late.division_code].full_name
    return f"{name}{LEDGER_NAMES.get(late.ledger, late.ledger)}台账（上次 {late.last_date.isoformat()}）"


# A township's own


def compose_township(township: Division, news: News) -> Message | None:
    """A township's own: its villages by their oldest break, what to hand in, where to work; None if nothing changed."""
    news = of_township(news, township.code)
    if news.is_empty:
        return None
    phrases = _ledger_phrases(news.breaks)
    summary = f"未消除差异：{'，'.join(phrases)}。" if any(count.open for count in news.breaks) else "差异已全部消除。"
    lines = [summary] if phrases else []
    lines += _village_lines(news)
    if told := _rejected_phrase(news):
        of_villages = [*_rejected_lines(township, news.rejected)]
        lines += [f"{told}，请按回执改后重交{'：' if of_villages else '。'}", *of_villages]
    lines += _reminders(news.late)
    lines += [f"{label}：{place}" for label, place in _places(township, news)]
    return Message(f"{township.name}台账核对 {news.night_date.isoformat()}", tuple(lines), news.is_urgent)


def _village_lines(news: News) -> Iterator[str]:
    """Villages in which something changed, the oldest break first, as `news.breaks` has them; the others counted."""
    by_village: dict[str, list[BreakCount]] = {}
    for count in news.breaks:
        by_village.setdefault(count.division_code, []).append(count)
    changed = {code: counts for code, counts in by_village.items() if any(count.has_news for count in counts)}
    for code, counts in [*changed.items()][:_VILLAGES_NAMED_AT_MOST]:
        yield f"- {divisions()[code].name}：{'，'.join(_ledger_phrases(counts))}{_since(counts)}"
    named = [*changed][:_VILLAGES_NAMED_AT_MOST]
    rest = {code: counts for code, counts in by_village.items() if code not in named and _open(counts)}
    if rest and named:
        yield f"- 其余 {len(rest)} 个村（社区）：{sum(map(_open, rest.values()))} 处"


def _open(counts: Iterable[BreakCount]) -> int:
    return sum(count.open for count in counts)


def _since(counts: Iterable[BreakCount]) -> str:
    oldest = min((count.oldest for count in counts if count.overdue and count.oldest), default=None)
    return f"，最早 {oldest.isoformat()}" if oldest else ""


def _reminders(late: Sequence[Late]) -> Iterator[str]:
    news = [one for one in late if one.is_news]
    for one in news[:_VILLAGES_NAMED_AT_MOST]:
        yield f"- 请交{_late_phrase(one)}"
    if rest := len(late) - len(news[:_VILLAGES_NAMED_AT_MOST]):
        yield f"{'另有' if news else '迟交台账'} {rest} 份{'台账迟交' if news else ''}。"


def _places(township: Division, news: News) -> Iterator[tuple[str, PurePath]]:
    """Where a township finds its worklist and its newest receipts, as the outbox has them.

    Receipts lie under the day on which the file was handed in, with which its path begins.
    """
    outbox = settings().outbox_dir
    of_villages = {file for file in news.handed_in if file.division_code != township.code}
    places = [("工作单", outbox / "worklists" / news.night_date.isoformat() / f"{township.name}.xlsx")]
    for label, level, files in (
        ("回执", "township", {*news.handed_in} - of_villages),
        ("各村回执", "village", of_villages),
    ):
        if day := max((PurePath(file.path).parts[0] for file in files), default=None):
            places.append((label, outbox / "receipts" / day / level / township.name))
    for label, place in places:
        exists = False
        with spared("the place of a worklist or receipts"):
            exists = place.exists()
        if exists:
            yield label, PurePath("outbox", *place.parts[len(outbox.parts) :])


# The copies


@contextmanager
def spared(what: str) -> Iterator[None]:
    """Do without what the outbox adds to a message that a channel takes: the message goes, whatever keeps that away."""
    try:
        yield
    except Exception as error:  # a server's client has errors of its own
        _log.warning("The outbox cannot be reached, so %s will be missing: %s", what, error)


def _write_copies(news: News) -> None:
    """The county's digest, and each township's own beside it, whether or not it has a contact."""
    day = news.night_date.isoformat()
    if message := digest(news):
        write_copy(day, message, is_of_told_date=news.is_of_told_date)
    handed_in = {file.division_code for file in news.handed_in} | {late.division_code for late in news.late}
    offices = {office_of(divisions()[code]).code for code in handed_in}
    for code in sorted(offices | {count.township_code for count in news.breaks}):
        message = None if code == county().code else compose_township(divisions()[code], news)
        if message:
            write_copy(f"{day}/{divisions()[code].name}", message, is_of_told_date=news.is_of_told_date)


def write_copy(name: str, message: Message, *, is_of_told_date: bool = False) -> None:
    """Leave a copy of a message in the outbox, under a name that begins with its day; below what was told before."""
    path = settings().outbox_dir / "alerts" / f"{name}.md"
    text = "\n\n".join([f"# {message.title}", *message.lines]) + "\n"
    if is_of_told_date and path.exists():
        text = path.read_text(encoding="utf-8").removesuffix(f"\n{text}") + f"\n{text}"
    write(path, text.encode(), mode=0o644)
