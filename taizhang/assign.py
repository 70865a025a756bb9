"""Assigning: a worklist for each township with open breaks, and one for the county of those that are its own."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any, cast

from psycopg.rows import dict_row
from upath import UPath

from taizhang.division import Division, Level, county, divisions
from taizhang.settings import settings
from taizhang.store import write
from taizhang.warehouse import connect
from taizhang.worklist import LEVELS, Item, Lack, Said, worklist


def worklist_path(division: Division, night_date: date) -> UPath:
    """Where the worklist of a division for a night lies."""
    return settings().outbox_dir / "worklists" / night_date.isoformat() / f"{division.name}.xlsx"


def write_worklists(night_date: date) -> int:
    """Write the worklists of what is open now, readable by their owner only; returns how many.

    A division without an open break has none: what an earlier run for this date wrote for it goes.
    """
    by_division = _by_division(_open_items())
    for division in (county(), *(other for other in divisions().values() if other.level == "township")):
        path = worklist_path(division, night_date)
        if items := by_division.get(division.code):
            write(path, worklist(division, items, night_date))
        else:
            path.unlink(missing_ok=True)
    return len(by_division)


def _by_division(items: Iterator[tuple[str, Item]]) -> dict[str, list[Item]]:
    """A township's items are all of its breaks; the county's are those in which it is probably wrong, or to accept."""
    found = defaultdict(list)
    for township_code, item in items:
        found[township_code].append(item)
        if item.culprit == "county" or item.awaits_acceptance:
            found[county().code].append(item)
    return found


def _open_items() -> Iterator[tuple[str, Item]]:
    """Every open break with its township. A name is the one that the highest level has; breaks of a total have none."""
    with connect("transformer") as connection, connection.cursor(row_factory=dict_row) as cursor:
        for row in cursor.execute(_OPEN_BREAKS):
            yield row["township_code"], _item(row)


def _item(row: dict[str, Any]) -> Item:
    return Item(
        break_id=row["break_id"],
        ledger=row["ledger"],
        period=row["period"],
        kind=row["kind"],
        level=cast(Level | None, row["level"]),
        culprit=None if row["culprit"] == "unknown" else cast(Level, row["culprit"]),
        division_code=row["division_code"],
        name=row["name"],
        id_no=row["id_no"],
        record_no=row["record_no"],
        column_name=row["column_name"],
        values={level: _number(row, row[f"{level}_value"]) for level in LEVELS},
        handed_in={level: row[f"{level}_handed_in"] for level in LEVELS},
        first_seen=row["first_seen"],
        open_since=row["open_since"],
        said=_said(row) if row["outcome"] else None,
        candidate_no=row["candidate_no"],
        listed={level: (name, id_no) for level, (name, id_no) in (row["listed"] or {}).items()},
        rows=tuple((code, sheet, number) for code, sheet, number in row["rows"] or ()),
        lacks={level: lack for level in LEVELS if (lack := _lack(row, level))},
    )


def _lack(row: dict[str, Any], level: Level) -> Lack | None:
    """Why a level has no value, unless its cell is empty; of a total only the column can be lacking."""
    if row[f"{level}_is_unread"]:
        return "rejected"
    if row["kind"] == "differs" and not row[f"{level}_has_record"]:
        return "record"
    absent = (row[f"{level}_absent_columns"] or "").split("|")
    return "column" if row["column_name"] in absent else None


def _said(row: dict[str, Any]) -> Said:
    value, reason = _number(row, row["correct_value"]), row["answer_reason"]
    to_follow = tuple(level for level in LEVELS if level in (row["levels_otherwise"] or "").split(","))
    otherwise = (row["other_by"], _number(row, row["other_value"]) or "") if row["other_by"] else None
    return Said(row["answered_on"], row["answered_by"], value, reason, row["outcome"], to_follow, otherwise)


def _number(row: dict[str, Any], value: str | None) -> str | None:
    """A value; of an identity number the number, which the worklist masks, and not its key."""
    numbers: dict[str | None, str] = row["numbers"] or {}
    return numbers.get(value, value)


_OPEN_BREAKS = """
with open_break as materialized (
    select
        *,
        -- what tells a record from others of its ledger, in one text, which can be hashed
        case ledger when 'subsidy' then record_no else concat_ws(' ', person_key, record_no) end as record
    from reconciliation.ledger_break
    where status = 'open'
),
staged as not materialized (
    select
        'employment' as ledger, period, level, division_code, sheet, row_number, person_key, name,
        person_key::text as record
    from staging.stg_employment
    union all
    select
        'training', period, level, division_code, sheet, row_number, person_key, name,
        concat_ws(' ', person_key, class_no)
    from staging.stg_training
    union all
    select 'subsidy', period, level, division_code, sheet, row_number, person_key, name, payment_no
    from staging.stg_subsidy
),
named as (
    select distinct on (person_key) person_key, name
    from staged
    where person_key in (select person_key from open_break)
    order by person_key, level, name
),
repeated as (
    select
        open_break.break_id,
        jsonb_agg(
            jsonb_build_array(staged.division_code, staged.sheet, staged.row_number)
            order by staged.division_code, staged.sheet, staged.row_number
        ) as rows
    from open_break
    inner join staged using (ledger, period, level, record)
    where open_break.kind = 'duplicate'
    group by open_break.break_id
),
listed as (
    select
        one_of_two.break_id,
        jsonb_object_agg(staged.level, jsonb_build_array(staged.name, person.id_no)) as listed
    from (
        select break_id, ledger, period, unnest(array[record, concat_ws(' ', candidate_key, record_no)]) as record
        from open_break
        where kind = 'identity'
    ) as one_of_two
    inner join staged using (ledger, period, record)
    inner join vault.person using (person_key)
    group by one_of_two.break_id
),
held as not materialized (
    select
        'employment' as ledger, period, person_key::text as record,
        county_has_record, township_has_record, village_has_record,
        county_handed_in, township_handed_in, village_handed_in,
        county_absent_columns, township_absent_columns, village_absent_columns
    from intermediate.int_employment__disputed
    union all
    select
        'training', period, concat_ws(' ', person_key, class_no),
        county_has_record, township_has_record, village_has_record,
        county_handed_in, township_handed_in, village_handed_in,
        county_absent_columns, township_absent_columns, village_absent_columns
    from intermediate.int_training__disputed
    union all
    select
        'subsidy', period, payment_no,
        county_has_record, township_has_record, village_has_record,
        county_handed_in, township_handed_in, village_handed_in,
        county_absent_columns, township_absent_columns, village_absent_columns
    from intermediate.int_subsidy__disputed
),
numbered as (
    select break_id, jsonb_object_agg(person.person_key::text, person.id_no) as numbers
    from open_break
    inner join vault.person
        on person.person_key::text in (open_break.county_value, open_break.township_value, open_break.village_value)
    where column_name in ('id_no', 'payee_id_no')
    group by break_id
)
select
    open_break.*,
    named.name,
    person.id_no,
    candidate.id_no as candidate_no,
    numbered.numbers,
    repeated.rows,
    listed.listed,
    answered_break.outcome,
    answered_break.answered_on,
    answered_break.answered_by,
    answered_break.correct_value,
    answered_break.reason as answer_reason,
    answered_break.levels_otherwise,
    answered_break.other_value,
    answered_break.other_by,
    coalesce(handed_in.county_handed_in, false) as county_handed_in,
    coalesce(handed_in.township_handed_in, false) as township_handed_in,
    coalesce(handed_in.village_handed_in, false) as village_handed_in,
    held.county_has_record,
    held.township_has_record,
    held.village_has_record,
    not held.county_handed_in as county_is_unread,
    not held.township_handed_in as township_is_unread,
    not held.village_handed_in as village_is_unread,
    coalesce(held.county_absent_columns, handed_in.county_absent_columns) as county_absent_columns,
    coalesce(held.township_absent_columns, handed_in.township_absent_columns) as township_absent_columns,
    coalesce(held.village_absent_columns, handed_in.village_absent_columns) as village_absent_columns
from open_break
left join named using (person_key)
left join vault.person using (person_key)
left join vault.person as candidate on candidate.person_key = open_break.candidate_key
left join numbered using (break_id)
left join repeated using (break_id)
left join listed using (break_id)
left join reconciliation.answered_break on answered_break.break_id = open_break.break_id
left join intermediate.int_reconciliation__handed_in as handed_in
    on handed_in.ledger = open_break.ledger
    and handed_in.period = open_break.period
    and handed_in.division_code = open_break.division_code
left join held
    on held.ledger = open_break.ledger
    and held.period = open_break.period
    and held.record = open_break.record
    and open_break.kind in ('absent', 'differs')
"""
