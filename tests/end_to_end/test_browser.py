"""Airflow as an operator sees it who has just typed `make up`: in a real browser, from the login to a green night.

`make test-browser`: it asks for Chromium (Debian: `apt-get install chromium fonts-noto-cjk`) and takes some minutes.
It is no part of `make test`. What the browser saw is kept in SCREENSHOTS, if that names a folder.
"""

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from taizhang.division import children, county
from taizhang.settings import settings
from tests.end_to_end.airflow import Airflow, free_ports
from tests.end_to_end.county import County, Settle

pytestmark = pytest.mark.browser
PEOPLE = 300
PATIENCE_MS = 60_000
NIGHT_SECONDS = 1200  # the night that is due, if one is, goes first
DAGS = ("maintenance", "night", "resubmission")
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        pytest.fail("No Chromium was found. On Debian: apt-get install chromium fonts-noto-cjk")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])


@pytest.fixture(scope="module")
def served(settle: Settle) -> tuple[County, dict[str, str]]:
    settled = settle(PEOPLE, "--date", settings().today().isoformat(), **free_ports())
    return settled, settled.taizhang("up")


@pytest.fixture(scope="module")
def page(served: tuple[County, dict[str, str]], browser: Browser) -> Page:
    """A page of somebody who has logged in."""
    _, server = served
    page = browser.new_page(
        base_url=server["url"], viewport={"width": 1600, "height": 1000}, timezone_id="Asia/Shanghai"
    )
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page.goto("/")
    expect(page.get_by_label("Password")).to_be_visible()
    keep(page, "login")
    page.get_by_label("Username").fill(server["user"])
    passwords = json.loads(Path(server["password_file"]).read_text(encoding="utf-8"))
    page.get_by_label("Password").fill(passwords[server["user"]])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    return page


def keep(page: Page, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_who_has_not_logged_in_sees_the_login_page_only(
    served: tuple[County, dict[str, str]], browser: Browser
) -> None:
    stranger = browser.new_page(base_url=served[1]["url"])
    stranger.goto("/dags/night")
    expect(stranger.get_by_label("Password")).to_be_visible(timeout=PATIENCE_MS)
    assert stranger.request.get("/api/v2/dags").status == 401


def test_the_dags_are_there_and_unpaused_and_no_example_among_them(page: Page) -> None:
    page.goto("/dags")
    for dag in DAGS:
        expect(page.get_by_role("link", name=dag, exact=True)).to_be_visible()
    keep(page, "dags")
    switches = page.get_by_role("checkbox")
    assert [switches.nth(at).is_checked() for at in range(switches.count())] == [True] * len(DAGS)


def test_a_night_that_is_triggered_in_the_browser_ends_green(page: Page, served: tuple[County, dict[str, str]]) -> None:
    page.goto("/dags/night")
    page.get_by_role("button", name="Trigger").first.click()
    asked = page.get_by_role("dialog")
    expect(asked.get_by_text("Load one township only")).to_be_visible()
    keep(page, "trigger")
    asked.get_by_role("button", name="Trigger", exact=True).click()
    expect(asked).to_be_hidden()
    page.goto("about:blank")  # Airflow's page, as it follows the run, takes half a processor from it
    settled, server = served
    airflow = Airflow(**server)
    (run,) = airflow.ask("/api/v2/dags/night/dagRuns?run_type=manual")["dag_runs"]
    assert airflow.end("night", run["dag_run_id"], seconds=NIGHT_SECONDS) == "success"
    page.goto("/dags/night/runs")
    expect(page.get_by_role("row", name="manual__").get_by_text("Success", exact=True)).to_be_visible()
    keep(page, "runs")
    assert settled.outcomes == {"published"}


def test_the_loads_of_a_night_bear_the_names_of_their_townships(page: Page) -> None:
    page.goto("/dags/night/runs")
    page.get_by_role("link", name=re.compile("^manual__")).first.click()
    page.wait_for_url("**/runs/manual__*")
    keep(page, "night")
    page.goto(f"{page.url.partition('?')[0]}/tasks/load/mapped")
    for division in (county(), *children(county().code)):
        load = page.get_by_role("row").filter(has=page.get_by_role("link", name=division.name, exact=True))
        expect(load.get_by_text("Success", exact=True)).to_be_visible()
    keep(page, "loads")
