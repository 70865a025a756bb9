"""Ten nights of three villages, two townships and their county, from the first hand-in until all agree again.

A break is overdue after three days here, a ledger late after four and escalated after six.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import xlsxwriter
from openpyxl import load_workbook
from stdnum.cn import ric

from taizhang import steps
from taizhang.assign import worklist_path
from taizhang.build import run_dbt
from taizhang.division import county, find_within
from taizhang.reproduction import checksums
from taizhang.settings import settings
from taizhang.warehouse import connect
from tests.extracts import ROWS
from tests.receivers import Mailbox, Receiver, mailbox, web_hook
from tests.test_worklist import place, row_of

Said = Mapping[str, str] | None
Told = dict[str, list[str]]

COUNTY = county().name
VILLAGES = {"长裕社区": "高沙镇", "云峰村": "高沙镇", "黄桥村": "黄桥镇"}
DIVISIONS = (COUNTY, *dict.fromkeys(VILLAGES.values()), *VILLAGES)
HOMES = {"张三": "长裕社区", "李四": "长裕社区", "王五": "云峰村", "赵六": "云峰村", "陈七": "黄桥村", "周八": "黄桥村"}
STRANGER = "钱九"
LACKING = {"黄桥村": "学时"}
"""The column that a village's form does not have: it differs from nobody in it, and has no total of it."""


def id_of(number: int) -> str:
    """A man's identity number, the `number`th of the day."""
    digits = f"99052519800101{2 * number + 1:03}"
    return digits + ric.calc_check_digit(digits + "0")


SLIPPED = id_of(8)
"""What 周八's number becomes where the hand slips."""


@dataclass(frozen=True)
class Ledger:
    """What a division hands in: its people as they are, but for whom it says otherwise; None is left out."""

    division: str
    otherwise: Mapping[str, Said] = field(default_factory=dict)
    twice: str | None = None
    """Who stands in it in two rows."""
    is_broken: bool = False


@dataclass(frozen=True)
class Run:
    """One run: its night or `… by day`, what is handed in before it, and what each recipient then reads.

    `answers` are the right values that 高沙镇 writes into its worklist of the day before, by person and column.
    """

    when: str
    handed_in: list[Ledger]
    told: Told
    answers: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @property
    def day(self) -> str:
        return f"2020-12-{self.when[:2]}"

    @property
    def is_quiet(self) -> bool:
        return "by day" in self.when


def says(division: str, **otherwise: Said) -> Ledger:
    return Ledger(division, otherwise)


def everybody() -> list[Ledger]:
    return [says(division) for division in DIVISIONS]


STORY = [
    # Everybody hands in, and all agree: the county reads so, and no township is troubled.
    Run(
        "21",
        everybody(),
        {
            "洞口县": [
                "各级台账一致，没有退回的文件和行。",
                "公布数据：1 项相符，26 项不符。",
                "- 已知差异有变：报告标题数6130.35万元比同一报告所列十一类补贴之和少3.80万元，现为 -61,303,500.00 元",
            ]
        },
    ),
    # Two villages slip, and a township leaves a man out.
    Run(
        "22",
        [
            says("长裕社区", 张三={"培训工种": "电工"}, 李四={"培训方式": "线上"}),
            says("云峰村", 赵六={"学时": "72"}),
            says("高沙镇", 李四=None),
        ],
        {
            "洞口县": [
                "未消除差异 9 处，今晚新增 9 处、消除 0 处。",
                "【高沙镇】培训 9 处（新 9）",
            ],
            "高沙镇": [
                "未消除差异：培训 9 处（新 9）。",
                "- 高沙镇：培训 2 处（新 2）",
                "- 长裕社区：培训 5 处（新 5）",
                "- 云峰村：培训 2 处（新 2）",
            ],
        },
    ),
    # One of the villages corrects itself.
    Run(
        "23",
        [says("长裕社区")],
        {
            "洞口县": [
                "未消除差异 7 处，今晚新增 0 处、消除 2 处。",
                "【高沙镇】培训 7 处（消除 2）",
            ],
            "高沙镇": [
                "未消除差异：培训 7 处（消除 2）。",
                "- 长裕社区：培训 3 处（消除 2）",
                "- 其余 2 个村（社区）：4 处",
            ],
        },
    ),
    # Nothing happens: one line, and that for the county alone.
    Run("24", [], {"洞口县": ["与上次相同：未消除差异 7 处。"]}),
    # The other village errs by more and has a man twice, the township's file arrives broken, and the county has a
    # stranger, one of its own under a wrong number, and slips where the village's form has no column.
    Run(
        "25",
        [
            Ledger("云峰村", {"赵六": {"学时": "64"}}, twice="王五"),
            Ledger("高沙镇", is_broken=True),
            says("洞口县", 钱九={}, 周八={"身份证号": SLIPPED}, 陈七={"学时": "72"}),
        ],
        {
            "洞口县": [
                "未消除差异 16 处，今晚新增 9 处、扩大 1 处、消除 0 处；退回 1 个文件。",
                "【高沙镇】培训 9 处（新 2、扩大 1），退回 1 个文件",
                "【黄桥镇】培训 7 处（新 7）",
            ],
            "高沙镇": [
                "未消除差异：培训 9 处（新 2、扩大 1）。",
                "- 云峰村：培训 4 处（新 2、扩大 1）",
                "- 其余 2 个村（社区）：5 处",
                "退回 1 个文件，请按回执改后重交。",
            ],
            "黄桥镇": ["未消除差异：培训 7 处（新 7）。", "- 黄桥镇：培训 2 处（新 2）", "- 黄桥村：培训 5 处（新 5）"],
        },
    ),
    # By day the township and the county put theirs right, and the first village hands in its old slip: nobody is told.
    Run("25 by day", [says("高沙镇"), says("洞口县"), says("长裕社区", 张三={"培训工种": "电工"})], {}),
    # The night tells what the day brought and no more: not the broken file, nor what the night before had told as new.
    # What is open since the 22nd is overdue, and who has not handed in since the 21st is reminded.
    Run(
        "26",
        [],
        {
            "洞口县": [
                "未消除差异 5 处（超过 3 天 2 处），今晚新增 0 处、再现 1 处、消除 12 处。",
                "【高沙镇】培训 5 处（再现 1、消除 5、超期 2）",
                "【黄桥镇】培训 0 处（消除 7）",
                "迟交台账 2 份。",
            ],
            "高沙镇": [
                "未消除差异：培训 5 处（再现 1、消除 5、超期 2）。",
                "- 云峰村：培训 4 处（超期 2），最早 2020-12-22",
                "- 长裕社区：培训 1 处（再现 1、消除 3）",
                "- 高沙镇：培训 0 处（消除 2）",
            ],
            "黄桥镇": [
                "差异已全部消除。",
                "- 黄桥镇：培训 0 处（消除 2）",
                "- 黄桥村：培训 0 处（消除 5）",
                "- 请交黄桥镇培训台账（上次 2020-12-21）",
                "- 请交黄桥镇黄桥村培训台账（上次 2020-12-21）",
            ],
        },
    ),
    # The township answers two of its breaks, which changes no ledger; one of them is now the county's to accept.
    Run(
        "27",
        [],
        {
            "洞口县": [
                "未消除差异 5 处（超过 3 天 2 处，待县级认可 1 处），今晚新增 0 处、消除 0 处。",
                "【高沙镇】培训 5 处（超期 2、待认可 1）",
            ],
            "高沙镇": [
                "未消除差异：培训 5 处（超期 2、待认可 1）。",
                "- 云峰村：培训 4 处（超期 2、待认可 1），最早 2020-12-22",
                "- 其余 1 个村（社区）：1 处",
            ],
        },
        {("王五", ""): "不是重复", ("赵六", "培训课时"): "80"},
    ),
    # The reminder was of no use: the county hears who it is.
    Run(
        "28",
        [],
        {
            "洞口县": [
                "未消除差异 5 处（超过 3 天 2 处，待县级认可 1 处），今晚新增 0 处、消除 0 处。",
                "其余 1 个单位没有变化，未消除 5 处。",
                "- 久未交表：黄桥镇 2 份台账",
            ],
            "黄桥镇": ["- 请交黄桥镇培训台账（上次 2020-12-21）", "- 请交黄桥镇黄桥村培训台账（上次 2020-12-21）"],
        },
    ),
    # What came back on the 25th, or began then, is overdue in its turn, counted from that day; but for what the county
    # has to accept.
    Run(
        "29",
        [],
        {
            "洞口县": [
                "未消除差异 5 处（超过 3 天 4 处，待县级认可 1 处），今晚新增 0 处、消除 0 处。",
                "【高沙镇】培训 5 处（超期 4、待认可 1）",
            ],
            "高沙镇": [
                "未消除差异：培训 5 处（超期 4、待认可 1）。",
                "- 云峰村：培训 4 处（超期 3、待认可 1），最早 2020-12-22",
                "- 长裕社区：培训 1 处（超期 1），最早 2020-12-25",
            ],
        },
    ),
    # Everybody hands in, and all agree again.
    Run(
        "30",
        everybody(),
        {
            "洞口县": [
                "未消除差异 0 处，今晚新增 0 处、消除 5 处。",
                "【高沙镇】培训 0 处（消除 5）",
            ],
            "高沙镇": ["差异已全部消除。", "- 长裕社区：培训 0 处（消除 1）", "- 云峰村：培训 0 处（消除 4）"],
        },
    ),
]

# The nights that a break has been open, with a stroke for each time that it came back; who said otherwise when it was
# gone (county, township, village), whoever else handed in; `-` ever after. The columns are the runs.
LIVES = """
kind      level     where    who   what     21  22  23  24  25  day  26  27  28  29  30

absent    township  长裕社区  李四  ·        .   1   2   3   4   T    -   -   -   -   -
differs   ?         长裕社区  李四  mode     .   1   V   -   -   -    -   -   -   -   -
differs   village   云峰村    赵六  hours    .   1   2   3   4   4    5   6   7   8   V
differs   village   长裕社区  张三  trade    .   1   V   -   -   2'   3'  4'  5'  6'  V
total     ?         高沙镇    ·     hours    .   1   2   3   4   T    -   -   -   -   -
total     ?         高沙镇    ·     records  .   1   2   3   4   T    -   -   -   -   -
total     township  长裕社区  ·     hours    .   1   2   3   4   T    -   -   -   -   -
total     township  长裕社区  ·     records  .   1   2   3   4   T    -   -   -   -   -
total     village   云峰村    ·     hours    .   1   2   3   4   4    5   6   7   8   V
differs   ?         黄桥村    陈七  hours    .   .   .   .   1   C    -   -   -   -   -
duplicate village   云峰村    王五  ·        .   .   .   .   1   1    2   3   4   5   V
extra     county    黄桥村    钱九  ·        .   .   .   .   1   C    -   -   -   -   -
identity  county    黄桥村    周八  ·        .   .   .   .   1   C    -   -   -   -   -
total     ?         黄桥村    ·     hours    .   .   .   .   1   C    -   -   -   -   -
total     ?         黄桥镇    ·     hours    .   .   .   .   1   C    -   -   -   -   -
total     ?         黄桥镇    ·     records  .   .   .   .   1   C    -   -   -   -   -
total     county    黄桥村    ·     records  .   .   .   .   1   C    -   -   -   -   -
total     village   云峰村    ·     records  .   .   .   .   1   1    2   3   4   5   V
"""


# What the worklists of these nights say of single records: who, the column, the three levels, the last answer.
WORKLISTS = {
    ("22", "高沙镇"): {
        ("张三", "培训工种", "缝纫工", "缝纫工", "电工", ""),
        ("李四", "", "有", "无", "有", ""),
        ("李四", "培训方式", "线下", "（未登记）", "线上", ""),
        ("赵六", "培训课时", "80", "80", "72", ""),
    },
    ("25", "黄桥镇"): {
        ("周八", "两号第17位不同", "疑似有误", "", "", ""),
        ("钱九", "", "多出", "无", "无", ""),
        ("陈七", "培训课时", "72", "80", "（无此列）", ""),
    },
    ("27", "洞口县"): {("王五", "", "", "", "重复（第2、4行）", "2020-12-27高沙镇：不是重复；待县级认可")},
    ("27", "高沙镇"): {
        ("王五", "", "", "", "重复（第2、4行）", "2020-12-27高沙镇：不是重复；待县级认可"),
        ("赵六", "培训课时", "80", "80", "64", "2020-12-27高沙镇：80；村级未改"),
        ("张三", "培训工种", "缝纫工", "缝纫工", "电工", ""),
    },
}


@dataclass(frozen=True)
class Teller:
    """Who is told: the county by mail, the townships by web hooks."""

    box: Mailbox
    hook: Receiver

    def told(self) -> Told:
        """What each has been told since, without the places in the outbox."""
        read = {COUNTY: self.box.received[0]} if self.box.received else {}
        read |= {hook["title"].partition("台账")[0]: hook["message"] for hook in self.hook.received}
        assert len(read) == len(self.box.received) + len(self.hook.received)
        self.box.received.clear()
        self.hook.received.clear()
        return {name: [line for line in text.splitlines() if "outbox/" not in line] for name, text in read.items()}


@dataclass(frozen=True)
class Lived:
    """What became of the story: lives, what was told, what worklists say, and the tables that keep every night."""

    lives: list[list[str]]
    told: dict[str, Told]
    worklists: dict[tuple[str, str], set[tuple[str, ...]]]
    put_right: list[tuple[int, int]]
    """Breaks open and closed at the end, as the agreement counts them and as they are listed."""
    published: dict[str, str]
    rebuilt: dict[str, str]


@pytest.fixture(scope="module")
def teller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Teller]:
    contacts = tmp_path_factory.mktemp("contacts") / "contacts.yaml"
    with ExitStack() as stack:
        hook, (box, url) = stack.enter_context(web_hook()), stack.enter_context(mailbox())
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        recipients = {"洞口县": ("COUNTY", url)} | {
            township: (f"TOWNSHIP_{number}", f"json://127.0.0.1:{hook.port}/")
            for number, township in enumerate(dict.fromkeys(VILLAGES.values()))
        }
        entries = [f"- {{division: {division}, url: env:{name}}}" for division, (name, _) in recipients.items()]
        contacts.write_text("\n".join(["contacts:", *entries]), encoding="utf-8")
        limits = {"OVERDUE_DAYS": "3", "LATE_AFTER_DAYS": "4", "ESCALATE_AFTER_DAYS": "6", "CONTACTS": str(contacts)}
        for name, value in [*recipients.values(), *((f"TAIZHANG_{name}", value) for name, value in limits.items())]:
            patch.setenv(name, value)
        settings.cache_clear()
        yield Teller(box, hook)
    settings.cache_clear()


@pytest.fixture(scope="module")
def lived(empty_warehouse: Callable[[], None], teller: Teller, tmp_path_factory: pytest.TempPathFactory) -> Lived:
    empty_warehouse()
    inbox = tmp_path_factory.mktemp("inbox")
    lives, told, worklists = [], {}, {}
    for run in STORY:
        if run.answers:
            _answer(inbox, run)
        for ledger in run.handed_in:
            _hand_in(inbox, run.day, ledger)
        _live(inbox, run)
        lives.append(_standing(run.day))
        told[run.when] = teller.told()
        worklists |= {(when, name): _asked(run.day, name) for when, name in WORKLISTS if when == run.when}
    return Lived(_chart(lives), told, worklists, _put_right(), *_rebuilt(STORY[-1].day))


def test_every_break_lives_as_the_story_has_it(lived: Lived) -> None:
    _, _, *lives = LIVES.strip().splitlines()
    assert lived.lives == [line.split() for line in lives]


@pytest.mark.parametrize("run", STORY, ids=[run.when for run in STORY])
def test_everybody_is_told_what_concerns_them_and_nothing_twice(lived: Lived, run: Run) -> None:
    assert lived.told[run.when] == run.told


def test_a_worklist_shows_where_to_look_and_what_became_of_the_last_answer(lived: Lived) -> None:
    assert lived.worklists == WORKLISTS


def test_the_agreement_counts_what_was_put_right(lived: Lived) -> None:
    counted, listed = lived.put_right
    assert counted == listed
    assert listed[1] > 0


def test_what_the_nights_have_kept_outlives_a_full_refresh(lived: Lived) -> None:
    assert lived.rebuilt == lived.published
    assert {"marts.daily_report", "marts.submission_status", "reconciliation.agreement"} <= set(lived.rebuilt)


def _row(name: str, otherwise: Mapping[str, str]) -> dict[str, str]:
    village = HOMES.get(name, "黄桥村")
    own = {"学员姓名": name, "身份证号": id_of([*HOMES, STRANGER].index(name))}
    return ROWS["training"] | own | {"乡镇": VILLAGES[village], "行政村": village, "学时": "80"} | otherwise


def _rows(ledger: Ledger) -> list[dict[str, str]]:
    """A row for each person whom the division answers for, and for whom it adds."""
    own = [name for name, village in HOMES.items() if ledger.division in (COUNTY, VILLAGES[village], village)]
    said = {name: {} for name in own} | ledger.otherwise
    names = [*said, *([ledger.twice] if ledger.twice else [])]
    rows = [_row(name, otherwise) for name in names if (otherwise := said[name]) is not None]
    return [{header: row[header] for header in row if header != LACKING.get(ledger.division)} for row in rows]


def _hand_in(inbox: Path, day: str, ledger: Ledger) -> None:
    path = _folder(inbox, day, ledger.division) / "培训台账.xlsx"
    path.parent.mkdir(parents=True, exist_ok=True)
    while path.exists():
        path = path.with_stem(f"{path.stem}（改）")
    if ledger.is_broken:
        path.write_bytes(b"PK\x03\x04 and then the stick was pulled out")
        return
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet()
        rows = _rows(ledger)
        for number, cells in enumerate([rows[0].keys(), *(row.values() for row in rows)]):
            sheet.write_row(number, 0, list(cells))


def _asked(day: str, name: str) -> set[tuple[str, ...]]:
    """What the worklist of a township or the county says of single records."""
    reader = county() if name == COUNTY else find_within(county().code, name)
    sheet = load_workbook(worklist_path(reader, date.fromisoformat(day)))["培训台账"]
    rows = [row_of(sheet, number) for number in range(3, sheet.max_row + 1)]
    shown = ("姓名", "项目", "县级", "乡镇级", "村级", "上次答复")
    return {tuple(str(row[heading]) for heading in shown) for row in rows if row["姓名"]}


def _answer(inbox: Path, run: Run) -> None:
    """Fill in the worklist of the day before, and hand it in."""
    day = date.fromisoformat(run.day) - timedelta(days=1)
    workbook = load_workbook(worklist_path(find_within(county().code, "高沙镇"), day))
    sheet = workbook["培训台账"]
    for number in range(3, sheet.max_row + 1):
        row = row_of(sheet, number)
        if answer := run.answers.get((str(row["姓名"]), str(row["项目"]))):
            sheet[place(sheet, "正确值", number)] = answer
    folder = _folder(inbox, run.day, "高沙镇")
    folder.mkdir(parents=True, exist_ok=True)
    workbook.save(folder / "工作单.xlsx")


def _folder(inbox: Path, day: str, division: str) -> Path:
    if division == COUNTY:
        return inbox / day / "county"
    if division in VILLAGES:
        return inbox / day / "village" / VILLAGES[division] / division
    return inbox / day / "township" / division


def _live(inbox: Path, run: Run) -> None:
    """The tasks of `dags/night.py` in their order, for the divisions of the story.

    The build leaves out the models' tests, which other nights run, as they take half of its time.
    """
    params = {"date": run.day, "division": None, "inbox": str(inbox), "quiet": run.is_quiet}
    opened = steps.open_night(params, SimpleNamespace(run_type="manual"))
    folders = [folder for folder in steps.folders() if folder["division_name"] in DIVISIONS]
    for folder in folders:
        steps.load(opened, **folder)
    for folder in steps.folders_owed(opened):
        steps.answer(opened, **folder)
    steps.register_people(opened)
    nightly = [] if run.handed_in else ["--select", "tag:nightly"]
    run_dbt(date.fromisoformat(run.day), "build", *nightly, "--exclude-resource-types", "test", "unit_test")
    marts_schema = "marts_next" if run.handed_in else "marts"
    steps.check(opened, marts_schema)
    steps.publish(opened, marts_schema)
    steps.write_worklists(opened)
    steps.alert(opened, params)
    assert steps.close_night(opened) == "published"


def _standing(day: str) -> dict[tuple[str, ...], str]:
    """How each break stands: the nights it has been open and after how many returns, or who closed it tonight."""
    with connect() as connection:
        found = connection.execute(
            r"""
            with people as (
                select distinct person_key, name from raw.training inner join vault.person using (id_no)
            )
            select
                kind, coalesce(broken.level, '?'), dim_division.name, coalesce(people.name, '·'),
                coalesce(column_name, '·'),
                case
                    when broken.status = 'open' then concat(nights_open, repeat('''', times_reopened))
                    when closed_on = %s then upper(regexp_replace(closed_by, '(.)[a-z]+,?', '\1', 'g'))
                    else '-'
                end
            from reconciliation.ledger_break as broken
            left join people using (person_key)
            inner join marts.dim_division using (division_code)
            """,
            [day],
        ).fetchall()
    return {tuple(label): state for *label, state in found}


def _put_right() -> list[tuple[int, int]]:
    with connect() as connection:
        return connection.execute(
            "select sum(breaks)::int, sum(breaks_closed)::int from reconciliation.agreement"
            " where division_level = 'county' and night_date = (select night_date from marts.night)"
            " union all"
            " select count(*) filter (where status = 'open'), count(*) filter (where status = 'closed')"
            " from reconciliation.ledger_break"
        ).fetchall()


def _chart(nights: list[dict[tuple[str, ...], str]]) -> list[list[str]]:
    """A line for each break, in the order of `LIVES`: what it is, and how it stood after each run."""
    labels = dict.fromkeys(label for night in nights for label in sorted(night))
    return [[*label, *(night.get(label, ".") for night in nights)] for label in labels]


def _rebuilt(day: str) -> tuple[dict[str, str], dict[str, str]]:
    """What is published of the models that keep every night, and what they hold built anew from nothing."""
    run_dbt(date.fromisoformat(day), "run", "--select", "tag:nightly", "--full-refresh")
    published, rebuilt = checksums(""), checksums("_next")
    return {table: published[table] for table in rebuilt}, rebuilt
