"""Data Docs that stand alone: a county office opens them without the Internet, and nobody is told that it does.

Great Expectations' pages fetch their style, their scripts and a picture from servers abroad. Without these the first
page is empty, and no other shows what failed.
"""

import html
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

import lxml.html
from great_expectations.core import ExpectationSuiteValidationResult

from taizhang.contract import contracts

_TITLES = {"published_figures": "公布数据", "silence": "无法核对"}
_STYLE = Path(__file__).with_name("site.css")
_FROM_AFAR = "//script | //style | //link | //footer | //*[starts-with(@src, 'http')]"
_NEEDS_A_SCRIPT = "//div[contains(@class, 'card')][.//*[@data-toggle='buttons']] | //a[@data-toggle='collapse']"
_INDEX = """<!doctype html>
<html lang="zh">
<meta charset="utf-8">
<title>数据检查 Checks</title>
<link rel="stylesheet" href="{style}">
<main>
<h1>数据检查 Checks</h1>
<p>{name}</p>
<table>
<tr><th>检查 Suite</th><th>结果 Result</th><th class="number">未通过 Failed</th><th class="number">共 Of</th></tr>
{rows}
</table>
</main>
</html>
"""
_ROW = """<tr><td><a href="{page}">{title}</a></td><td class="{verdict}">{told}</td>\
<td class="number">{failed}</td><td class="number">{of}</td></tr>"""


def make_self_contained(docs: Path, results: Iterable[ExpectationSuiteValidationResult], name: str) -> None:
    """Make the pages in `docs` need nothing but each other, and the first one list what was checked, failures first."""
    style = docs / "static" / "styles" / _STYLE.name
    shutil.copy(_STYLE, style)
    for page in docs.rglob("*.html"):
        _rewrite(page, style)
    in_order = sorted(results, key=lambda result: (bool(result.success), result.suite_name))
    rows = "\n".join(_row(docs, result) for result in in_order)
    index = _INDEX.format(style=style.relative_to(docs).as_posix(), name=html.escape(name), rows=rows)
    (docs / "index.html").write_text(index, encoding="utf-8")


def _rewrite(page: Path, style: Path) -> None:
    document = lxml.html.document_fromstring(page.read_text(encoding="utf-8"))
    for element in [*document.xpath(_FROM_AFAR), *document.xpath(_NEEDS_A_SCRIPT)]:
        if element.getparent() is not None:
            element.drop_tree()
    link = lxml.html.Element("link", rel="stylesheet", href=Path(os.path.relpath(style, page.parent)).as_posix())
    document.head.append(link)
    page.write_bytes(lxml.html.tostring(document, encoding="utf-8", doctype="<!DOCTYPE html>"))


def _row(docs: Path, result: ExpectationSuiteValidationResult) -> str:
    suite, told = result.suite_name, result.statistics or {}
    (page,) = docs.joinpath("validations", suite).rglob("*.html")
    return _ROW.format(
        page=quote(page.relative_to(docs).as_posix()),
        title=html.escape(_title(suite)),
        verdict="passed" if result.success else "failed",
        told="通过 Passed" if result.success else "未通过 Failed",
        failed=told["unsuccessful_expectations"],
        of=told["evaluated_expectations"],
    )


def _title(suite: str) -> str:
    """The suite as the work team calls it; that of a table bears the table's name."""
    titles = _TITLES | {ledger: contract.label for ledger, contract in contracts().items()}
    return f"{titles[suite]} {suite}" if suite in titles else suite
