"""Who hears of what: `contacts.yaml`, which names where each secret URL is kept and never the URL itself."""

import os
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from taizhang.channel import Channel, channels
from taizhang.contract import contracts
from taizhang.division import UnknownDivisionError, county, divisions, find_within
from taizhang.settings import settings

FindConnection = Callable[[str], str]
"""From the name of a connection to its Apprise URL; raises `LookupError` where there is none."""

_URL = re.compile(r"(env:[A-Za-z_][A-Za-z0-9_]*|airflow:[A-Za-z0-9_.\-]+)", re.ASCII)


class ContactError(ValueError):
    """`contacts.yaml` cannot be followed; the message says which entry, and what to write there."""


def _known_division(text: str) -> str:
    if text in (county().code, county().name):
        return county().code
    try:
        return find_within(county().code, text).code
    except UnknownDivisionError as error:
        raise ValueError(f"{error}; write the county's or a township's name or code") from error


def _known_ledger(text: str) -> str:
    if text not in contracts():
        raise ValueError(f"{text!r} is no ledger; write one of {', '.join(contracts())}")
    return text


def _reference(text: str) -> str:
    if not _URL.fullmatch(text):
        # What stands there may be the secret itself, so it is not repeated.
        raise ValueError("write env:NAME or airflow:CONN_ID; the URL itself, a secret, does not belong in this file")
    return text


class Contact(BaseModel):
    """One entry: whose news, of which ledgers (none named: all), how urgent it has to be, and where it goes."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, coerce_numbers_to_str=True)

    division: Annotated[str, AfterValidator(_known_division)]
    url: Annotated[str, AfterValidator(_reference)]
    ledgers: tuple[Annotated[str, AfterValidator(_known_ledger)], ...] = ()
    severity: Literal["all", "urgent"] = "all"

    @property
    def name(self) -> str:
        """What the ledger of deliveries and `taizhang status` call it; without a secret."""
        return " ".join([divisions()[self.division].name, *self.ledgers, self.url])


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    contacts: tuple[Contact, ...]


@dataclass(frozen=True)
class Recipient:
    """A contact, or a channel of `TAIZHANG_ALERT_URLS`, which is the county's. `find_url` is asked when sending."""

    name: str
    division_code: str
    ledgers: tuple[str, ...]
    urgent_only: bool
    find_url: Callable[[], str]


def contacts() -> tuple[Contact, ...]:
    """The contacts in their file's order; none without a file. Raises `ContactError`."""
    path = settings().contacts_file
    if not path.exists():
        if settings().contacts:
            raise ContactError(f"TAIZHANG_CONTACTS names {path}, which does not exist.")
        return ()
    return _parse(path)


def _parse(path: Path) -> tuple[Contact, ...]:
    try:
        found = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))).contacts
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = "" if line is None else f" (line {line + 1})"
        raise ContactError(f"{path.name} is not YAML in UTF-8{where}; docs/operators.md has an example.") from None
    except ValidationError as error:
        raise ContactError(f"{path.name}: " + "; ".join(map(_sentence, error.errors()))) from None
    twice = [name for name, count in Counter(contact.name for contact in found).items() if count > 1]
    if twice:
        raise ContactError(f"{path.name} has a contact twice: {', '.join(twice)}.")
    return found


def _sentence(error: object) -> str:
    detail = dict(error)  # type: ignore[call-overload]  # pydantic's TypedDict
    where = ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in detail["loc"])
    return f"{where or 'the file'}: {str(detail['msg']).removeprefix('Value error, ')}"


def recipients(find_connection: FindConnection | None = None) -> tuple[Recipient, ...]:
    """All who hear of a night: the contacts, then the channels of `TAIZHANG_ALERT_URLS`. Raises `ContactError`."""
    configured = (_recipient_of_channel(channel) for channel in channels())
    return (*(_recipient(contact, find_connection) for contact in contacts()), *configured)


def _recipient(contact: Contact, find_connection: FindConnection | None) -> Recipient:
    return Recipient(
        contact.name,
        contact.division,
        contact.ledgers,
        contact.severity == "urgent",
        lambda: _find_url(contact.url, find_connection),
    )


def _recipient_of_channel(channel: Channel) -> Recipient:
    return Recipient(channel.name, county().code, (), urgent_only=False, find_url=channel.url.get_secret_value)


def _find_url(reference: str, find_connection: FindConnection | None) -> str:
    """The URL that a contact refers to. Raises `LookupError`."""
    kind, _, name = reference.partition(":")
    if kind == "airflow":
        if find_connection is None:
            raise LookupError(f"the connection {name} is known to Airflow only")
        return find_connection(name)
    if name not in os.environ:
        raise LookupError(f"the environment variable {name} is not set")
    return os.environ[name]
