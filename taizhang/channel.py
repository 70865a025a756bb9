"""A channel: one Apprise URL of `TAIZHANG_ALERT_URLS`, and an honest answer whether a message went through.

Apprise looks at the HTTP status only, while the robots of WeCom, DingTalk and Feishu refuse with status 200
and an error code in the body. The URL is a secret: it never reaches a log, an error or the warehouse.
"""

import itertools
import json
import logging
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import apprise
from apprise.utils.parse import parse_urls
from pydantic import SecretStr

from taizhang.redact import redact
from taizhang.settings import settings

_ERROR_CODE = {"wecombot": "errcode", "dingtalk": "errcode", "feishu": "code", "lark": "code"}
# WeCom counts the bytes of the text; the others count the request, in which a Chinese character takes six.
_LIMIT_BYTES = {"wecombot": 2_048, "dingtalk": 9_000, "feishu": 9_000, "lark": 9_000}
_SHORTEST_SECRET = 4

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


def _scheme(url: str) -> str:
    """Scheme of the plugin that takes `url`: a robot's own `https://` address counts as its robot."""
    service = _service(url)
    return (service.url(privacy=True) if service else url).partition("://")[0].lower()


def _service(url: str) -> Any:
    asset = apprise.AppriseAsset(storage_mode=apprise.PersistentStoreMode.MEMORY)
    return apprise.Apprise.instantiate(url, asset=asset)


def send(channel: Channel, title: str, lines: Sequence[str]) -> str | None:
    """Send `lines`, in as many messages as the channel's limit asks for.

    Returns why it was not delivered, as one sentence without secrets or personal data; None if it was.
    """
    service = _service(channel.url.get_secret_value())
    if service is None:
        return "Apprise does not understand this URL"
    plugin = type(service).__module__.rpartition(".")[2]
    parts = split(lines, _LIMIT_BYTES.get(plugin), reserved=len(title.encode()) + len("\r\n（99/99）".encode()))
    for number, part in enumerate(parts, start=1):
        heading = f"{title}（{number}/{len(parts)}）" if len(parts) > 1 else title
        reason = _send_part(service, heading, part, _ERROR_CODE.get(plugin))
        if reason is not None:
            return redact(_without_secrets(reason, channel.url))
    return None


def _send_part(service: Any, title: str, body: str, error_code: str | None) -> str | None:
    outbox = apprise.Apprise()
    outbox.add(service)
    with _answers(service) as answers:
        outcome = outbox.notify(body, title=title, body_format=apprise.NotifyFormat.TEXT)
    if not outcome:
        return "; ".join(entry.message for entry in outcome.logs()) or "the channel did not take the message"
    refusals = [_refusal(answer, error_code) for answer in answers] if error_code else []
    return next((refusal for refusal in refusals if refusal), None)


@contextmanager
def _answers(service: Any) -> Iterator[list[str]]:
    """Collect the bodies of the HTTP answers to `service`'s plugin, which Apprise drops."""
    requests = getattr(sys.modules[type(service).__module__], "requests", None)
    bodies: list[str] = []
    if requests is None:
        yield bodies
        return
    post = requests.post

    def listening_post(*args: Any, **kwargs: Any) -> Any:
        response = post(*args, **kwargs)
        bodies.append(response.text)
        return response

    requests.post = listening_post
    try:
        yield bodies
    finally:
        requests.post = post


def _refusal(answer: str, error_code: str) -> str | None:
    try:
        code = json.loads(answer).get(error_code)
    except (ValueError, AttributeError):
        return "the robot's answer is not the JSON object that was expected"
    return None if code == 0 else f"the robot refused the message with {error_code} {code}"


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
