"""The text of every cell of a worklist's row: what each level has, what was answered the last time."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from taizhang.contract import contracts
from taizhang.division import Division, Level, divisions
from taizhang.redact import mask_number
from taizhang.wording import EMPTY, NO_COLUMN, NUMBERS, in_words
from taizhang.worklist.item import CHOICES, LEVEL_CHOICES, LEVELS, OUTCOMES, Item, Lack, Said
from taizhang.worklist.layout import BREAK_ID

_KINDS = {
    "absent": "漏登", "extra": "多登", "differs": "内容不一致",
    "duplicate": "重复登记", "identity": "身份证号疑似有误", "total": "合计不符",
}  # fmt: skip
_STATES = {
    "absent": ("无", "有"),
    "extra": ("多出", "无"),
    "duplicate": ("重复", ""),
    "identity": ("疑似有误", ""),
}
"""What a level is shown to hold where it is the one that the break is about, and where it is another."""
_LACKING: Mapping[Lack, str] = {"record": "（未登记）", "rejected": "（被退回）", "column": NO_COLUMN}
"""What stands for a value where a level lacks the record or the column, or had a row rejected that may be it."""
_EITHER_NUMBER = "两号不同"
"""What each of two levels is shown to hold that have one person under two numbers, where the third cannot tell."""
_NEITHER_NUMBER = "（两号都没有）"
"""What a level is shown to hold that lists the person under neither: not at all, or under a third number."""
_QUOTED, _ROWS_TOLD = 20, 6
_CHECK_DIGIT = 18


def texts(item: Item, reader: Division) -> dict[str, str]:
    """The text of every cell of an item's row that is text; villages of several townships share a name."""
    column, place = item.column, divisions()[item.division_code]
    label = column.label if column else {"records": "记录数"}.get(item.column_name or "", _places_that_differ(item))
    return {
        "村（社区）": place.full_name if reader.level == "county" else place.name,
        "报告期": f"{item.period:%Y-%m}" if contracts()[item.ledger].periodicity == "month" else f"{item.period:%Y}",
        "差异": _KINDS.get(item.kind, item.kind),
        "姓名": item.name or "",
        "身份证号": mask_number(item.id_no or ""),
        "编号": item.record_no or "",
        "项目": f"{label}合计" if item.kind == "total" else label,
        **{LEVELS[level]: _told(item, level) for level in LEVELS},
        "首次发现": item.first_seen.isoformat(),
        "上次答复": _answered(item),
        BREAK_ID: item.break_id,
    }


def _told(item: Item, level: Level) -> str:
    """What a level has in a break, for a person to read."""
    if not item.handed_in[level]:
        is_of_villages = item.kind == "total" and divisions()[item.division_code].level != "village"
        return "未交齐" if is_of_villages and level == "village" else "未交"
    if item.kind == "identity":
        return _whom(item, level)
    if level in item.lacks:
        return _LACKING[item.lacks[level]]
    if item.kind in _STATES:
        return _STATES[item.kind][level != item.level] + (_rows_told(item.rows) if level == item.level else "")
    value = item.values[level]
    return EMPTY if value is None else in_words(item.column, value)


def _whom(item: Item, level: Level) -> str:
    """Whom a level has of two who may be one person: of two names each, or somebody would stand nowhere."""
    state = _EITHER_NUMBER if item.level is None else _STATES[item.kind][level != item.level]
    if not item.listed:
        return state
    if level not in item.listed:
        return _NEITHER_NUMBER
    if len({name for name, _ in item.listed.values()}) == 1:
        return state
    name, id_no = item.listed[level]
    return f"{name} {mask_number(id_no)}" + (f"（{state}）" if state else "")


def _answered(item: Item) -> str:
    """What was answered the last time, by whom, and what became of it."""
    said = item.said
    if said is None:
        return ""
    answer = "" if said.value is None else _answer_in_words(item, said.value)
    told = [*map(_quoted, filter(None, (answer, said.reason))), *_otherwise(item, said), _outcome(said)]
    return f"{said.on}{divisions()[said.by].name}：{'；'.join(told)}"


def _quoted(text: str) -> str:
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…"


def _otherwise(item: Item, said: Said) -> Iterator[str]:
    """What another division answered that is something else."""
    if said.otherwise:
        by, value = said.otherwise
        yield f"但{divisions()[by].name}答复“{_quoted(_answer_in_words(item, value))}”"


def _outcome(said: Said) -> str:
    """What the ledgers made of an answer; which levels have not changed, if others have."""
    if said.outcome == "unchanged" and 0 < len(said.to_follow) < len(LEVELS):
        return f"{'、'.join(LEVELS[level] for level in said.to_follow)}未改"
    return OUTCOMES[said.outcome]


def _answer_in_words(item: Item, value: str) -> str:
    """A right value as it was chosen or written; of a number only the level that has it."""
    if item.kind in CHOICES:
        return next((label for label, choice in CHOICES[item.kind].items() if choice == value), "")
    if item.column is None or item.column.kind in NUMBERS:
        return next((label for label, level in LEVEL_CHOICES.items() if item.values[level] == value), "另一号码")
    return value if value == EMPTY else in_words(item.column, value)


def _places_that_differ(item: Item) -> str:
    """Where two numbers of one person differ, without a digit of them; the check digit follows from the others."""
    pairs = zip(item.id_no or "", item.candidate_no or "", strict=False)
    places = [place for place, (one, other) in enumerate(pairs, start=1) if one != other]
    if places[:-1]:
        places = [place for place in places if place < _CHECK_DIGIT]
    return f"两号第{'、'.join(map(str, places))}位不同" if places else ""


def _rows_told(rows: Sequence[tuple[str, str, int]]) -> str:
    """Rows by their file and sheet, which are named (by who handed it in) where there are two."""
    divisions_told, sheets_told = ({row[place] for row in rows} for place in (0, 1))
    by_file: dict[str, list[str]] = defaultdict(list)
    for code, sheet, number in rows[:_ROWS_TOLD]:
        where = divisions()[code].name if len(divisions_told) > 1 else ""
        by_file[where + (f"“{sheet}”" if len(sheets_told) > 1 else "")].append(str(number))
    told = "，".join(f"{where}第{'、'.join(numbers)}行" for where, numbers in by_file.items())
    return f"（{told}{'等' if len(rows) > _ROWS_TOLD else ''}）" if told else ""
