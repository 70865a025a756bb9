"""Extracts as a clerk would type them, for tests that ask what becomes of a row."""

import csv
import io
from collections.abc import Mapping
from datetime import date

from taizhang.division import Division, county, divisions, find_within
from taizhang.extract import Extract, read_file
from taizhang.warehouse import connect

DAY = date(2020, 12, 31)
MALE = "990525198001010017"
"""A number of the demo region, which is assigned to nobody."""
VILLAGE: Division = find_within(find_within(county().code, "黄桥镇").code, "清风村")
ROWS: dict[str, dict[str, str]] = {
    "employment": {
        "姓名": "张三",
        "身份证号": MALE,
        "性别": "男",
        "乡镇": "黄桥镇",
        "行政村": "清风村",
        "务工状态": "外出务工",
        "务工区域": "省外",
        "务工省份": "广东省",
        "就业渠道": "自行就业",
        "开始时间": "2020-03-05",
        "务工时间(月)": "9",
        "劳动技能": "普通劳动力",
    },
    "training": {
        "学员姓名": "张三",
        "身份证号": MALE,
        "性别": "男",
        "乡镇": "黄桥镇",
        "行政村": "清风村",
        "培训班编号": "B1",
        "培训类型": "就业技能培训",
        "培训工种": "缝纫工",
        "培训方式": "线下",
        "培训地点": "清风村",
        "开班日期": "2020-03-05",
        "结业日期": "2020-03-20",
    },
    "subsidy": {
        "发放编号": "P1",
        "补贴类型": "交通补贴",
        "享受人": "张三",
        "享受人身份证号": MALE,
        "乡镇": "黄桥镇",
        "行政村": "清风村",
        "收款人身份证号": MALE,
        "与享受人关系": "本人",
        "补贴所属期起": "2020-03",
        "补贴所属期止": "2020-12",
        "补贴金额": "400",
        "发放日期": "2020-12-20",
        "发放状态": "已支付",
    },
}
"""A row of each ledger in which nothing is wrong, by header."""


def id_of(body: str) -> str:
    """The number whose first 17 digits are these."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


def text_table(rows: list[Mapping[str, str]], title: str = "洞口县2020年12月台账") -> bytes:
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerows([[title], list(rows[0]), *([row.get(header, "") for header in rows[0]] for row in rows)])
    return table.getvalue().encode()


def extract_of(content: bytes, division: Division | None = None, day: date = DAY) -> Extract:
    """The only extract in a file."""
    (extract,) = read_file(content, division or county(), day).extracts
    return extract


def told(ledger: str, /, **changed: str) -> set[str]:
    """Rules that a good row breaks when some of its cells (header=text) are changed."""
    row = ROWS[ledger] | changed
    return set(extract_of(text_table([row])).problems["rule"])


def record_extract(
    night_id: int,
    path: str = "a.xlsx",
    *,
    division_code: str = county().code,
    extract_date: date = DAY,
    is_rejected: bool = False,
    rows_rejected: int = 0,
) -> None:
    """What the load keeps of a file that it has read, without its rows."""
    with connect() as connection:
        connection.execute(
            "insert into raw.extract (night_id, path, sha256, size_bytes, level, division_code, extract_date, ledger,"
            " period, status, rows_read, rows_accepted, rows_rejected)"
            " values (%s, %s, repeat('0', 64), 1, %s, %s, %s, 'employment', %s, %s, %s, 0, %s)",
            [
                night_id,
                path,
                divisions()[division_code].level,
                division_code,
                extract_date,
                DAY,
                "rejected" if is_rejected else "loaded",
                rows_rejected,
                rows_rejected,
            ],
        )
