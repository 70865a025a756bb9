"""The command line: what it prints to whom, and its exit status. The night itself is in tests/end_to_end."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from taizhang import night
from taizhang.cli import main
from taizhang.demo.figures import FEWEST_PEOPLE
from taizhang.division import county, find_within
from taizhang.load import load_folder
from taizhang.settings import Settings, settings, variable
from taizhang.warehouse import connect
from tests.extracts import ROWS, text_table


@dataclass(frozen=True)
class Ended:
    status: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture
def taizhang(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a command line in this process, as a pipe sees it."""

    def run(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["taizhang", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capfd.readouterr()
        return Ended(int(ended.value.code or 0), captured.out, captured.err)

    return run


def test_help_names_every_command_with_a_line(taizhang: Run) -> None:
    shown = taizhang("--help").out
    assert all(
        f" {command} " in shown
        for command in ("check", "template", "demo", "night", "sql", "status", "trace", "up", "down")
    )


def test_the_demo_is_quiet_in_a_pipe(taizhang: Run, tmp_path: Path) -> None:
    ended = taizhang("demo", str(tmp_path), "--people", str(FEWEST_PEOPLE))
    assert ended == Ended(0, "", "")
    assert (tmp_path / "2020-12-31" / "county").is_dir()


def test_a_clean_demo_says_in_json_that_it_planted_nothing(taizhang: Run, tmp_path: Path) -> None:
    ended = taizhang("demo", str(tmp_path), "--people", str(FEWEST_PEOPLE), "--clean", "--json")
    written = json.loads(ended.out)
    assert (written["faults"], written["breaks"]) == (0, 0)
    assert written["files"] > 0


def test_a_county_too_small_is_refused_in_one_sentence(taizhang: Run, tmp_path: Path) -> None:
    ended = taizhang("demo", str(tmp_path), "--people", "1")
    assert ended.status == 2
    assert ended.err.startswith("Error: ")
    assert len(ended.err.splitlines()) == 1


def test_the_demo_is_not_mixed_with_what_others_handed_in(taizhang: Run, tmp_path: Path) -> None:
    handed_in = tmp_path / "2020-12-31" / "county" / "就业.csv"
    handed_in.parent.mkdir(parents=True)
    handed_in.touch()
    ended = taizhang("demo", str(tmp_path), "--people", str(FEWEST_PEOPLE))
    assert ended.status == 2
    assert f"{tmp_path / '2020-12-31'} holds extracts already" in ended.err
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [handed_in]
    another_day = taizhang("demo", str(tmp_path), "--people", str(FEWEST_PEOPLE), "--date", "2020-12-30")
    assert another_day.status == 0


def test_a_query_is_answered_as_the_role_that_asks(taizhang: Run, clean_warehouse: None) -> None:
    ended = taizhang("sql", "--as", "checker", "-c", "select current_user")
    assert ended.status == 0
    assert "checker" in ended.out


def test_a_query_in_json_is_a_list_of_rows(taizhang: Run, clean_warehouse: None) -> None:
    ended = taizhang("sql", "--json", "-c", "select 1 as a, 2.50 as b, date '2020-12-31' as c, null as d")
    assert json.loads(ended.out) == [{"a": 1, "b": "2.50", "c": "2020-12-31", "d": None}]


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_an_analyst_is_refused_the_vault(taizhang: Run, clean_warehouse: None, form: tuple[str, ...]) -> None:
    ended = taizhang("sql", *form, "-c", "select * from vault.person")
    assert (ended.status, ended.out) == (2, "")
    assert "permission denied" in ended.err


def test_json_without_a_query_is_refused(taizhang: Run) -> None:
    assert taizhang("sql", "--json").err == "Error: --json needs a query: taizhang sql --json -c SQL.\n"


def test_a_night_of_an_inbox_that_is_not_there_cannot_begin(taizhang: Run, tmp_path: Path) -> None:
    ended = taizhang("night", "--inbox", str(tmp_path / "nowhere"), "--json")
    assert (ended.status, ended.out) == (2, "")
    assert "nowhere" in re.sub(r"[\s│]", "", ended.err)  # a long path is wrapped in its box


def test_status_says_how_to_run_the_first_night(taizhang: Run, clean_warehouse: None) -> None:
    assert "taizhang night" in taizhang("status").out


def test_status_tells_the_last_night_and_the_open_breaks(taizhang: Run, clean_warehouse: None) -> None:
    night_id = night.open_night(date(2020, 12, 31))
    night.close_night(night_id)
    _write_breaks()
    told = json.loads(taizhang("status", "--json").out)
    assert told["night"]["status"] == "failed"
    assert told["night"]["breaks"]["open"] == 4
    assert told["breaks"] == [
        {"township": "高沙镇", "ledger": "employment", "open": 2},
        {"township": "高沙镇", "ledger": "training", "open": 2},
    ]
    assert told["oldest"] == [
        {"township": "高沙镇", "ledger": "employment", "open_since": "2020-12-01", "open": 2, "overdue": 1},
        {"township": "高沙镇", "ledger": "training", "open_since": "2020-12-01", "open": 1, "overdue": 0},
    ]
    assert told["awaiting_acceptance"] == [{"township": "高沙镇", "ledger": "training", "breaks": 1, "overdue": 1}]
    shown = taizhang("status").out
    assert "oldest       高沙镇 employment: 2 since 2020-12-01, 1 overdue" in shown
    assert "to accept    高沙镇 training: 1, 1 overdue" in shown


def test_status_tells_agreement_beside_the_night_before(taizhang: Run, clean_warehouse: None) -> None:
    with connect() as connection:
        connection.execute(
            "create table reconciliation.agreement as select 'training' as ledger, '430525103000' as division_code,"
            " 'township' as division_level, 200 as records, * from (values (date '2020-12-30', 180),"
            " (date '2020-12-31', 190), (date '2020-12-29', 20)) night (night_date, agreeing)"
        )
    (share,) = json.loads(taizhang("status", "--json").out)["agreement"]
    assert share == {"division": "高沙镇", "ledger": "training", "agreeing": 0.95, "before": 0.9}
    assert "95.0% ▲ 90.0%" in taizhang("status").out


def test_status_names_who_handed_nothing_in_and_the_contacts_without_their_urls(
    taizhang: Run, clean_warehouse: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAOSHA_HOOK", "json://u:hunter2@example.org")
    path = settings().contacts_file
    path.write_text("contacts: [{division: 高沙, url: env:GAOSHA_HOOK}]", encoding="utf-8")
    try:
        night.close_night(night.open_night(settings().today()))
        shown = taizhang("status").out
        told = json.loads(taizhang("status", "--json").out)
    finally:
        path.unlink()
    assert "高沙镇 env:GAOSHA_HOOK (all)" in shown
    assert "hunter2" not in shown
    assert "and 384 more" in shown
    assert len(told["never_handed_in"]) == 389


def test_status_shows_the_settings_and_hides_their_secrets(
    taizhang: Run, clean_warehouse: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAIZHANG_ALERT_URLS", "json://clerk:hunter2@example.org")
    settings.cache_clear()
    shown = taizhang("status").out
    settings.cache_clear()
    assert all(variable(name) in shown for name in Settings.model_fields)
    assert re.search(r"TAIZHANG_CONTACTS +unset", shown)
    assert "hunter2" not in shown


def test_a_setting_that_cannot_be_ends_a_command_in_a_sentence(taizhang: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAIZHANG_PROCESSES", "many")
    settings.cache_clear()
    ended = taizhang("night")
    settings.cache_clear()
    assert ended.status == 2
    assert ended.err.startswith("Error: Cannot read the settings. TAIZHANG_PROCESSES: ")


def test_a_day_is_asked_for_as_it_is_written(taizhang: Run) -> None:
    ended = taizhang("night", "--date", "31.12.2020")
    assert ended.status == 2
    assert "2020-12-31" in ended.err


@pytest.fixture
def taken_port() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield str(listener.getsockname()[1])


def test_a_port_that_is_taken_is_said_before_anything_is_begun(
    taizhang: Run, warehouse: Path, taken_port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__API__PORT", taken_port)
    served, shown = taizhang("up"), taizhang("docs", "--port", taken_port)
    assert (served.status, shown.status) == (2, 2)
    assert f"port {taken_port}" in served.err
    assert "AIRFLOW__API__PORT" in served.err
    assert f"Port {taken_port}" in shown.err
    assert "--port" in shown.err


def test_a_worker_without_a_broker_cannot_run(taizhang: Run) -> None:
    ended = taizhang("worker")
    assert ended.status == 2
    assert "AIRFLOW__CELERY__BROKER_URL" in ended.err


def test_a_worker_says_to_a_machine_which_process_it_is(tmp_path: Path) -> None:
    nowhere = {"AIRFLOW__CELERY__BROKER_URL": "redis://127.0.0.1:1/0", "TAIZHANG_HOME": str(tmp_path)}
    command = (sys.executable, "-c", "from taizhang.cli import main; main()", "worker", "--name", "second", "--json")
    with subprocess.Popen(command, env=os.environ | nowhere, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as it:
        assert it.stdout
        told = json.loads(it.stdout.readline())
        it.kill()
    assert told == {"name": "second", "pid": it.pid}


def test_only_a_login_that_is_there_is_revoked(taizhang: Run, clean_warehouse: None) -> None:
    ended = taizhang("revoke-login", "高沙镇")
    assert ended.status == 2
    assert "高沙镇 has no login" in ended.err


def test_a_login_is_for_a_township_or_the_county(taizhang: Run, clean_warehouse: None) -> None:
    ended = taizhang("grant-login", "不存在乡")
    assert ended.status == 2
    assert "township" in ended.err
    assert "洞口县" in ended.err


def _write_breaks() -> None:
    with connect() as connection:
        connection.execute(
            "create table reconciliation.ledger_break as"
            " select *, 'open' as status, '430525103000' as township_code, date '2020-12-01' as open_since"
            " from (values ('a', 'employment', false, date '2020-12-31'), ('b', 'employment', false, '2021-01-01'),"
            " ('c', 'training', false, '2021-01-01'), ('d', 'training', true, '2020-12-31'))"
            " b (break_id, ledger, awaits_acceptance, overdue_on)"
        )


# check and template


def clerks_file(folder: Path, **changed: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "台账.csv"
    path.write_bytes(text_table([ROWS["employment"] | changed]))
    return path


def test_check_says_that_all_is_well(taizhang: Run, tmp_path: Path) -> None:
    ended = taizhang("check", str(clerks_file(tmp_path)), "--date", "2020-12-31")
    assert ended.status == 0
    assert "就业帮扶台账　报告期：2020年12月　读取1行，接受1行，退回0行" in ended.out


def test_a_files_name_neither_commands_the_terminal_nor_styles_it(taizhang: Run, tmp_path: Path) -> None:
    path = clerks_file(tmp_path).rename(tmp_path / "台账\x1b[2J[bold].csv")
    assert "台账�[2J[bold].csv" in taizhang("check", str(path), "--date", "2020-12-31").out


def test_check_names_the_cell_and_writes_a_receipt(taizhang: Run, tmp_path: Path) -> None:
    path = clerks_file(tmp_path, 身份证号="1")
    ended = taizhang("check", str(path), "--date", "2020-12-31", "--receipt", str(tmp_path / "receipts"))
    assert ended.status == 1
    assert "退回 B3：身份证号“1”位数或字符不对" in ended.out
    assert [receipt.name for receipt in (tmp_path / "receipts").iterdir()] == ["台账.csv.回执.xlsx"]


def test_check_reads_a_name_that_was_packed_on_a_chinese_windows(taizhang: Run, tmp_path: Path) -> None:
    path = clerks_file(tmp_path).rename(tmp_path / os.fsdecode("就业台账.csv".encode("gbk")))
    for as_json in ((), ("--json",)):
        ended = taizhang("check", str(path), "--date", "2020-12-31", "--receipt", str(tmp_path / "receipts"), *as_json)
        assert ended.status == 0
        assert str(tmp_path / "就业台账.csv") in ended.out
    assert [receipt.name for receipt in (tmp_path / "receipts").iterdir()] == ["就业台账.csv.回执.xlsx"]


def test_check_answers_files_of_one_name_apart(taizhang: Run, tmp_path: Path) -> None:
    paths = [clerks_file(tmp_path / folder) for folder in ("一组/甲", "二组/甲")]
    ended = taizhang("check", *map(str, paths), "--date", "2020-12-31", "--receipt", str(tmp_path / "receipts"))
    assert ended.status == 0
    written = {receipt.name for receipt in (tmp_path / "receipts").iterdir()}
    assert written == {"台账.csv（一组／甲）.回执.xlsx", "台账.csv（二组／甲）.回执.xlsx"}


def test_check_tells_a_machine_of_each_file_in_order(taizhang: Run, tmp_path: Path) -> None:
    folder = tmp_path / "2020-12-31" / "township" / "黄桥镇"
    folder.mkdir(parents=True)
    broken = folder / "坏.xlsx"
    broken.write_bytes(b"PK\x03\x04")
    good = clerks_file(folder, 性别="女")
    ended = taizhang("check", str(good), str(broken), "--json")
    first, second = json.loads(ended.out)
    assert ended.status == 1
    assert (first["file"], first["ledger"], first["level"], first["division_code"]) == (
        str(good),
        "employment",
        "township",
        find_within(county().code, "黄桥镇").code,
    )
    assert (first["period"], second["period"]) == ("2020-12", None)
    assert first["rows"] == {"read": 1, "accepted": 1, "rejected": 0}
    (problem,) = first["problems"]
    assert {name: problem[name] for name in ("row", "column", "cell", "rule", "severity", "value")} == {
        "row": 3,
        "column": "gender",
        "cell": "C3",
        "rule": "gender_unlike_id",
        "severity": "warning",
        "value": "女",
    }
    assert (second["ledger"], second["problems"][0]["rule"]) == (None, "file_unreadable")


def test_check_holds_a_file_to_the_division_that_is_named(taizhang: Run, tmp_path: Path) -> None:
    path = str(clerks_file(tmp_path))
    assert "不属于交表单位" in taizhang("check", path, "--division", "高沙镇").out
    ended = taizhang("check", path, "--division", "不知道镇")
    assert (ended.status, ended.err) == (2, "Error: '不知道镇' is no division of 洞口县\n")


def test_check_cannot_run_on_a_file_that_is_not_there(taizhang: Run) -> None:
    assert taizhang("check", "没有.xlsx").status == 2


def test_a_trace_of_many_rows_cuts_no_value_short(taizhang: Run, clean_warehouse: None, tmp_path: Path) -> None:
    days = [date(2020, 12, day) for day in range(1, 8)]
    for day in days:
        folder = tmp_path / day.isoformat() / "county"
        folder.mkdir(parents=True)
        clerks_file(folder, 姓名="", 备注=f"{day}")
        load_folder(1, county().code, inbox=tmp_path, night_date=day)
    told = taizhang("trace", "employment", ROWS["employment"]["身份证号"]).out
    assert told.count("rejected before\n") == len(days) - 1
    assert "…" not in told


def test_a_trace_tells_a_column_that_a_file_does_not_have(taizhang: Run, clean_warehouse: None, tmp_path: Path) -> None:
    clerks_file(tmp_path / "2020-12-31" / "county", 单位名称="甲厂")
    clerks_file(tmp_path / "2020-12-31" / "township" / "黄桥镇")
    for code in (county().code, find_within(county().code, "黄桥镇").code):
        load_folder(1, code, inbox=tmp_path, night_date=date(2020, 12, 31))
    told = taizhang("trace", "employment", ROWS["employment"]["身份证号"]).out
    (line,) = [line for line in told.splitlines() if "甲厂" in line]
    assert "（无此列）" in line


def test_a_template_is_written_and_not_over_another_file(taizhang: Run, tmp_path: Path) -> None:
    path = tmp_path / "空表.xlsx"
    assert taizhang("template", "training", str(path)).status == 0
    written = path.read_bytes()
    other = tmp_path / "另一张.xlsx"
    assert json.loads(taizhang("template", "training", str(other), "--json").out) == {
        "ledger": "training",
        "file": str(other),
    }
    ended = taizhang("template", "training", str(path))
    assert ended.status == 2
    assert "exists already" in ended.err
    assert path.read_bytes() == written
    assert "employment, training, subsidy" in taizhang("template", "工资").err
