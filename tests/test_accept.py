"""A known difference is accepted with a reason, a person and a day."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from taizhang.accept import AcceptError, accept
from taizhang.warehouse import connect, migrate
from tests.extracts import DAY, MALE

UNTIL = date(2021, 6, 30)


@pytest.fixture
def breaks(clean_warehouse: Path) -> Iterator[None]:
    with connect("transformer") as connection:
        connection.execute(
            "create table reconciliation.ledger_break (break_id text, status text, last_seen date,"
            " county_value text, township_value text, village_value text,"
            " kind text default 'differs', level text default 'village')"
        )
        connection.execute(
            "insert into reconciliation.ledger_break values"
            " ('open', 'open', %(day)s, '16', '24', null), ('closed', 'closed', %(day)s, '16', '24', null)",
            {"day": DAY},
        )
    yield
    with connect() as connection:
        connection.execute("truncate reconciliation.accepted_difference")


def kept() -> list[tuple[object, ...]]:
    with connect() as connection:
        return connection.execute(
            "select break_id, reason, accepted_by, accepted_on, accepted_until, county_value, township_value,"
            " kind, level from reconciliation.accepted_difference order by accepted_at"
        ).fetchall()


def test_a_difference_is_accepted_with_the_values_that_it_has(breaks: None) -> None:
    accept("open", reason="口径不同", by="李科长", until=UNTIL)
    assert kept() == [("open", "口径不同", "李科长", DAY, UNTIL, "16", "24", "differs", "village")]


def test_accepting_again_keeps_what_was_accepted_before(breaks: None) -> None:
    accept("open", reason="口径不同", by="李科长", until=UNTIL)
    accept("open", reason="待核实", by="王主任", until=DAY)
    assert [row[1:5] for row in kept()] == [("口径不同", "李科长", DAY, UNTIL), ("待核实", "王主任", DAY, DAY)]


def test_what_a_version_before_accepted_counts_from_its_day_and_is_accepted_again_beside_it(breaks: None) -> None:
    accept("open", reason="口径不同", by="李科长", until=UNTIL)
    with connect() as connection:
        connection.execute("alter table reconciliation.accepted_difference drop accepted_at cascade")
        connection.execute("alter table reconciliation.accepted_difference add primary key (break_id)")
        before = connection.execute("select count(*) from audit.event").fetchall()
    migrate()
    migrate()
    with connect() as connection:
        assert connection.execute("select count(*) from audit.event").fetchall() == before
        moment = connection.execute("select accepted_at = accepted_on from reconciliation.accepted_difference")
        assert moment.fetchall() == [(True,)]
    accept("open", reason="待核实", by="王主任", until=DAY)
    assert [row[1] for row in kept()] == ["口径不同", "待核实"]


@pytest.mark.parametrize(
    ("break_id", "until", "reason"),
    [("closed", UNTIL, "x"), ("unheard of", UNTIL, "x"), ("open", date(2020, 12, 30), "x"), ("open", UNTIL, " ")],
)
def test_what_is_not_open_or_has_no_reason_or_no_day_is_not_accepted(
    breaks: None, break_id: str, until: date, reason: str
) -> None:
    with pytest.raises(AcceptError):
        accept(break_id, reason=reason, by="李科长", until=until)
    assert kept() == []


def test_no_number_of_a_person_is_kept_in_a_reason(breaks: None) -> None:
    accept("open", reason=f"{MALE} 已核实", by="李科长", until=UNTIL)
    assert MALE not in str(kept())
