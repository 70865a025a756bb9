"""A channel: one Apprise URL, and an honest answer whether a message went through.

Apprise looks at the HTTP status only, while the robots of WeCom, DingTalk and Feishu refuse with status 200
and an error code in the body. The URL is a secret: it never reaches a log, an error or the warehouse.
"""

import itertools
import json
import logging
import queue
import re
import sys
import threading
import time
import unicodedata
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from types import ModuleType
from typing import Any
from urllib.parse import unquote

import apprise
import tenacity
from apprise.utils.parse import parse_urls
from pydantic import SecretStr

from taizhang.redact import redact
from taizhang.settings import SettingsError, settings, variable

_ERROR_CODE = {"wecombot": "errcode", "dingtalk": "errcode", "feishu": "code", "lark": "code"}
# WeCom counts the bytes of the text; the others count the request, in which a Chinese character takes six.
_LIMIT_BYTES = {"wecombot": 2_048, "dingtalk": 9_000, "feishu": 9_000, "lark": 9_000}
_SHORTEST_SECRET = 4
# "Too many messages": the robot takes the next one later. Any other refusal stays one.
_TOO_OFTEN = {"wecombot": {45009}, "dingtalk": {130101, 660026}, "feishu": {9499, 11232}, "lark": {9499, 11232}}
_ATTEMPTS = 3
_BACKOFF = tenacity.wait_exponential(multiplier=1, max=10)
_TIMEOUT_SECONDS = 30.0

# What a plugin logs may quote its URL, so it stays inside Apprise; `send` returns the reason, cleaned.
_apprise_log = logging.getLogger("apprise")
_apprise_log.propagate = False
_apprise_log.addHandler(logging.NullHandler())


@dataclass(frozen=True)
class Channel:
    """`name` is the URL's scheme, numbered from the second of its kind: `wecombot`, `mailto`, `mailto#2`."""

    name: str
    url: SecretStr


def channels() -> tuple[Channel, ...]:
    """The configured channels in their order; none if `TAIZHANG_ALERT_URLS` is unset."""
    configured = settings().alert_urls
    found: list[Channel] = []
    for url in parse_urls(configured.get_secret_value()) if configured else ():
        scheme = _scheme(url)
        same = sum(channel.name.partition("#")[0] == scheme for channel in found)
        found.append(Channel(f"{scheme}#{same + 1}" if same else scheme, SecretStr(url)))
    return tuple(found)


def check_channels() -> None:
    """Raises `SettingsError` if a configured URL is none that Apprise could send to."""
    urls = [channel.url.get_secret_value() for channel in channels()]
    wrong = [str(number) for number, url in enumerate(urls, start=1) if _service(url) is None]
    if wrong:
        raise SettingsError(
            f"{variable('alert_urls')}: Apprise cannot send to number {' and '.join(wrong)} of its {len(urls)} URLs:"
            " it knows no such kind, or a part is missing; see https://github.com/caronc/apprise/wiki."
        )


def _scheme(url: str) -> str:
    """Scheme of the plugin that takes `url`: a robot's own `https://` address counts as its robot."""
    service = _service(url)
    return (service.url(privacy=True) if service else url).partition("://")[0].lower()


def _service(url: str) -> Any:
    asset = apprise.AppriseAsset(storage_mode=apprise.PersistentStoreMode.MEMORY)
    return apprise.Apprise.instantiate(url, asset=asset)


@dataclass
class Pace:
    """At most `limit` messages within any `window` seconds, as a robot allows: the next one waits for its turn."""

    limit: int = 20
    window: float = 60.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _sent: deque[float] = field(default_factory=deque)

    def wait(self) -> None:
        if len(self._sent) == self.limit:
            pause = self._sent.popleft() + self.window - self.clock()
            if pause > 0:
                self.sleep(pause)
        self._sent.append(self.clock())


# By the robot's URL, as several contacts may share one robot.
_paces: dict[str, Pace] = {}


@dataclass(frozen=True)
class _Failure:
    """Why a message did not go through, and whether it might a moment later."""

    reason: str
    passing: bool


@dataclass(frozen=True)
class Outcome:
    """Why a message was not delivered, as one line without secrets or personal data; None if it was.

    Of a message in several parts, `parts_sent` have gone all the same.
    """

    error: str | None = None
    parts_sent: int = 0


def send(channel: Channel, title: str, lines: Sequence[str], *, parts_sent: int = 0) -> Outcome:
    """Send `lines`, in as many messages as the channel's limit asks for; what fails in passing is tried again.

    The first `parts_sent` of them have gone before, and do not go again.
    """
    service = _service(channel.url.get_secret_value())
    if service is None:
        return Outcome("Apprise does not understand this URL", parts_sent)
    plugin = _plugin(service)
    parts = split(lines, _LIMIT_BYTES.get(plugin), reserved=len(title.encode()) + len("\r\n（99/99）".encode()))
    for number, part in enumerate(parts[parts_sent:], start=parts_sent + 1):
        heading = f"{title}（{number}/{len(parts)}）" if len(parts) > 1 else title
        failure = _send_patiently(channel, service, heading, part)
        if failure is not None:
            return Outcome(plain(redact(_without_secrets(failure.reason, channel.url))), number - 1)
    return Outcome(parts_sent=len(parts))


def _plugin(service: Any) -> str:
    return type(service).__module__.rpartition(".")[2]


def _send_patiently(channel: Channel, service: Any, title: str, body: str) -> _Failure | None:
    """One message, tried a few times. What has gone on for too long may have arrived, so it is not tried again."""

    def attempt() -> _Failure | None:
        if _plugin(service) in _ERROR_CODE:
            _paces.setdefault(channel.url.get_secret_value(), Pace()).wait()
        return _within(_TIMEOUT_SECONDS, partial(_send_part, service, title, body))

    return tenacity.Retrying(
        retry=tenacity.retry_if_result(lambda failure: failure is not None and failure.passing),
        stop=tenacity.stop_after_attempt(_ATTEMPTS),
        wait=_BACKOFF,
        retry_error_callback=lambda state: state.outcome and state.outcome.result(),
    )(attempt)


def _within(seconds: float, call: Callable[[], _Failure | None]) -> _Failure | None:
    """Call in a thread that is left behind if it hangs: a server may answer a byte at a time without an end."""
    results: queue.SimpleQueue[_Failure | None] = queue.SimpleQueue()

    def run() -> None:
        try:
            results.put(call())
        except Exception as error:  # whatever a plugin raises concerns its own channel only
            results.put(_Failure(f"the channel failed with {type(error).__name__}", passing=False))

    threading.Thread(target=run, daemon=True).start()
    try:
        return results.get(timeout=seconds)
    except queue.Empty:
        return _Failure(f"no answer within {seconds:g} seconds", passing=False)


def _send_part(service: Any, title: str, body: str) -> _Failure | None:
    _listen(sys.modules[type(service).__module__])
    answers: list[str] = []
    _answers.set(answers)
    outbox = apprise.Apprise()
    outbox.add(service)
    outcome = outbox.notify(body, title=title, body_format=apprise.NotifyFormat.TEXT)
    if not outcome:
        reason = "; ".join(entry.message for entry in outcome.logs()) or "the channel did not take the message"
        return _Failure(reason, passing=True)
    refusals = (_refusal(answer, _plugin(service)) for answer in answers)
    return next((refusal for refusal in refusals if refusal), None)


# The bodies of the HTTP answers to this thread's message, which Apprise drops.
_answers: ContextVar[list[str]] = ContextVar("_answers")


class _ListeningRequests:
    """`requests` as a plugin calls it; what is answered to a `post` is kept.

    Apprise 2.2 quotes DingTalk's signature, which `requests` then quotes again: DingTalk would not know it.
    """

    def __init__(self, requests: ModuleType) -> None:
        self._requests = requests

    def __getattr__(self, name: str) -> Any:
        return getattr(self._requests, name)

    def post(self, *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("params"):
            kwargs["params"] = {name: unquote(value) for name, value in kwargs["params"].items()}
        response = self._requests.post(*args, **kwargs)
        _answers.get([]).append(response.text)
        return response


def _listen(plugin: Any) -> None:
    """Put ourselves between a robot's plugin and `requests`, once."""
    if plugin.__name__.rpartition(".")[2] in _ERROR_CODE and isinstance(plugin.requests, ModuleType):
        plugin.requests = _ListeningRequests(plugin.requests)


def _refusal(answer: str, plugin: str) -> _Failure | None:
    name = _ERROR_CODE[plugin]
    try:
        code = json.loads(answer).get(name)
    except (ValueError, AttributeError):
        return _Failure("the robot's answer is not the JSON object that was expected", passing=False)
    if code == 0:
        return None
    said = code if isinstance(code, int) else "that is no number"
    return _Failure(f"the robot refused the message with {name} {said}", passing=code in _TOO_OFTEN[plugin])


# What robots and mail programs read as a mention, a link, emphasis or a tag, and the sign that only looks like it.
_HARMLESS = str.maketrans("@<>[]&*`#|\\~!", "＠＜＞［］＆＊｀＃｜＼～！")


def plain(text: str) -> str:
    """Text from outside (a file's name, an answer) as one line that no channel takes for more than text."""
    visible = "".join(
        " " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c
        for c in text
        if unicodedata.category(c) not in {"Cf", "Cs", "Co", "Cn"}
    )
    return " ".join(visible.replace("://", "：//").translate(_HARMLESS).split())


def _without_secrets(text: str, url: SecretStr) -> str:
    pieces = {piece for piece in re.split(r"[/?&=@:]+", url.get_secret_value()) if len(piece) >= _SHORTEST_SECRET}
    for piece in sorted(pieces | set(map(unquote, pieces)), key=len, reverse=True):
        text = text.replace(piece, "***")
    return text


def split(lines: Sequence[str], limit: int | None, *, reserved: int = 0) -> list[str]:
    """Join lines to texts of at most `limit` bytes of UTF-8 less `reserved`; a longer line is cut in pieces.

    Without a limit there is one text.
    """
    if limit is None:
        return ["\n".join(lines)]
    room = limit - reserved
    parts: list[str] = []
    for line in itertools.chain.from_iterable(_cut(line, room) for line in lines):
        if parts and len(f"{parts[-1]}\n{line}".encode()) <= room:
            parts[-1] += f"\n{line}"
        else:
            parts.append(line)
    return parts


def _cut(line: str, room: int) -> Iterator[str]:
    encoded = line.encode()
    while len(encoded) > room:
        piece = encoded[:room].decode(errors="ignore")
        yield piece
        encoded = encoded[len(piece.encode()) :]
    yield encoded.decode()
