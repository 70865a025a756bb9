"""Rules between the columns of a row and between the rows of a file: each broken once, and not broken nearby."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taizhang.rules import RULES
from tests.extracts import MALE, ROWS, extract_of, text_table, told

FEMALE = "990525198001010025"
BORN_2004_12_30 = "990525200412300019"
BORN_2006 = "99052520060601001X"
AT_HOME = {"务工区域": "县内", "务工省份": "湖南省", "就业渠道": "公益性岗位"}
IN_PROVINCE = {"务工区域": "省内县外", "务工省份": "湖南省"}


@pytest.mark.parametrize("ledger", ROWS)
def test_a_good_row_is_told_nothing(ledger: str) -> None:
    assert told(ledger) == set()


@pytest.mark.parametrize(
    ("rule", "ledger", "changed"),
    [
        ("gender_unlike_id", "employment", {"性别": "女"}),
        ("gender_unlike_id", "training", {"身份证号": FEMALE}),
        ("birth_date_unlike_id", "employment", {"出生日期": "1980-01-02"}),
        ("birth_date_unlike_id", "employment", {"出生年月": "1980年2月"}),
        ("birth_date_unlike_id", "training", {"出生日期": "1981"}),
        ("age_unlike_id", "employment", {"年龄": "43"}),
        ("age_unlike_id", "training", {"年龄": "38岁"}),
        ("age_unlike_id", "subsidy", {"年龄": "4"}),
        ("advisory_unread", "employment", {"出生日期": "1980年13月45日"}),
        ("advisory_unread", "subsidy", {"年龄": "四十"}),
        ("age_below_limit", "employment", {"身份证号": BORN_2004_12_30, "开始时间": "2020-12-29"}),
        ("age_below_limit", "training", {"身份证号": BORN_2004_12_30}),
        ("work_below_age", "employment", {"身份证号": BORN_2006, "开始时间": ""}),
        ("work_below_age", "employment", AT_HOME | {"身份证号": BORN_2006, "开始时间": "", "务工状态": "务农"}),
        ("public_post_above_age", "employment", {"身份证号": "990525195012310011", "就业渠道": "公益性岗位"}),
        ("date_in_future", "employment", {"开始时间": "2021-01-01"}),
        ("date_in_future", "employment", {"务工状态": "未就业", "结束时间": "2021-03-01"}),
        ("date_in_future", "subsidy", {"发放日期": "2021-01-01"}),
        ("date_in_future", "subsidy", {"补贴所属期起": "2021-03", "补贴所属期止": "2021-12"}),
        ("end_before_start", "training", {"结业日期": "2020-03-04"}),
        ("end_before_start", "subsidy", {"补贴所属期止": "2020-02"}),
        ("return_without_date", "employment", {"是否返乡": "是"}),
        ("return_date_without_return", "employment", {"返乡时间": "2020-06-01"}),
        ("place_unlike_region", "employment", {"务工省份": "湖南省"}),
        ("place_unlike_region", "employment", {"务工区域": "省内县外"}),
        ("place_unlike_region", "employment", {"务工县区": "洞口县"}),
        ("place_unlike_region", "employment", {"务工县区": "邵阳县"}),
        ("place_unlike_region", "employment", {"务工城市": "邵阳市"}),
        ("place_unlike_region", "employment", {"务工城市": "湖南省长沙市"}),
        ("place_unlike_region", "employment", IN_PROVINCE | {"务工县区": "湖南省邵阳市洞口县"}),
        ("place_unlike_region", "employment", AT_HOME | {"务工县区": "新宁县"}),
        ("place_unlike_region", "employment", AT_HOME | {"务工城市": "深圳市"}),
        ("place_unlike_region", "employment", AT_HOME | {"务工城市": "长沙市"}),
        ("channel_unlike_region", "employment", {"就业渠道": "公益性岗位"}),
        ("work_without_region", "employment", {"务工区域": ""}),
        ("months_beyond_start", "employment", {"开始时间": "2020-10-01", "务工时间(月)": "4"}),
        ("skill_unlike_work", "employment", {"劳动技能": "丧失劳动力"}),
        ("certificate_unlike_result", "training", {"是否取证": "否", "证书编号": "Z1"}),
        ("paid_without_date", "subsidy", {"发放日期": ""}),
        ("failure_unlike_status", "subsidy", {"支付失败原因": "卡号已注销"}),
        ("payee_unlike_relation", "subsidy", {"收款人身份证号": FEMALE}),
    ],
)
def test_a_row_that_contradicts_itself_passes_with_a_warning(rule: str, ledger: str, changed: dict[str, str]) -> None:
    assert rule in told(ledger, **changed)
    assert RULES[rule].severity == "warning"
    assert extract_of(text_table([ROWS[ledger] | changed])).accepted.height == 1


@pytest.mark.parametrize(
    ("ledger", "changed"),
    [
        ("employment", {"身份证号": BORN_2004_12_30, "开始时间": "2020-12-30", "务工时间(月)": "1"}),
        ("employment", {"身份证号": BORN_2004_12_30, "开始时间": "2020-12", "务工时间(月)": "1"}),
        ("employment", {"开始时间": "2019", "务工时间(月)": "12"}),
        ("employment", {"出生日期": "1980年1月1日", "年龄": "40周岁"}),
        ("training", {"出生年月": "1980-01", "年龄": "41"}),
        ("subsidy", {"年龄": "39"}),
        ("employment", AT_HOME),
        ("employment", AT_HOME | {"务工省份": "湖南", "务工城市": "邵阳市", "务工县区": "洞口县"}),
        ("employment", AT_HOME | {"务工城市": "湖南省邵阳市", "务工县区": "湖南省邵阳市洞口县"}),
        ("employment", AT_HOME | {"务工城市": "本地", "务工县区": "高沙镇"}),
        ("employment", AT_HOME | {"务工县区": "邵阳市"}),
        ("employment", IN_PROVINCE | {"务工城市": "浏阳市", "务工县区": "浏阳市"}),
        ("employment", IN_PROVINCE | {"务工城市": "邵阳市", "务工县区": "大祥区"}),
        ("employment", {"务工城市": "深圳市", "务工县区": "宝安区"}),
        ("employment", {"务工状态": "外出务工", "结束时间": "2021-03-01"}),
        ("employment", {"身份证号": "990525200412310014", "开始时间": ""}),
        ("employment", {"是否返乡": "是", "返乡时间": "2020-12-31"}),
        ("training", {"开班日期": "2020-03-05", "结业日期": "2020年3月"}),
        ("subsidy", {"补贴所属期起": "2020-03", "补贴所属期止": "2020-03"}),
        ("subsidy", {"与享受人关系": "户主", "收款人身份证号": FEMALE}),
        ("subsidy", {"收款人姓名": "高沙镇 卫生院"}),
    ],
)
def test_a_row_that_only_just_agrees_is_told_nothing(ledger: str, changed: dict[str, str]) -> None:
    assert told(ledger, **changed) == set()


@pytest.mark.parametrize(
    ("status", "income", "rules"),
    [
        ("未就业", "0", set()),
        ("务农", "0元", set()),
        ("外出务工", "0", {"amount_out_of_range"}),
        ("未就业", "50", {"amount_out_of_range"}),
    ],
)
def test_an_income_of_nothing_is_right_where_nobody_works(status: str, income: str, rules: set[str]) -> None:
    extract = extract_of(text_table([ROWS["employment"] | {"务工状态": status, "月收入": income}]))
    assert set(extract.problems["rule"]) == rules
    assert extract.accepted["monthly_income"].to_list() == ([] if rules else [None])


def test_a_firm_is_paid_under_its_credit_code_but_is_nobody_to_whom_something_is_due() -> None:
    code = "91430525MA4L00000X"
    row = ROWS["subsidy"] | {"与享受人关系": "用人单位", "收款人身份证号": code}
    paid = extract_of(text_table([row]))
    assert paid.problems["rule"].to_list() == ["id_credit_code"]
    assert paid.accepted["payee_id_no"].to_list() == [None]
    due = extract_of(text_table([row | {"享受人身份证号": code}]))
    assert due.problems["rule"].to_list() == ["id_credit_code", "id_credit_code", "required_missing"]
    assert due.rejected.height == 1


def test_a_row_twice_and_a_person_twice_are_told_apart() -> None:
    row = ROWS["employment"]
    other = row | {"身份证号": FEMALE, "性别": "女"}
    changed = other | {"务工时间(月)": "8"}
    problems = extract_of(text_table([row, row, other, changed])).problems
    assert problems.select("row_number", "rule").rows() == [
        (3, "row_repeated"), (4, "row_repeated"), (5, "record_repeated"), (6, "record_repeated"),
    ]  # fmt: skip


@given(st.integers(1, 12), st.integers(0, 12))
def test_months_of_work_fit_between_the_start_and_the_reporting_month(start: int, months: int) -> None:
    rules = told("employment", 开始时间=f"2020-{start:02d}-01", **{"务工时间(月)": str(months)})
    assert rules == ({"months_beyond_start"} if months > 12 - start + 1 else set())


@given(st.sampled_from(["男", "女"]), st.sampled_from([MALE, FEMALE]))
def test_gender_is_held_against_the_seventeenth_digit(gender: str, id_no: str) -> None:
    agrees = (gender == "男") == (int(id_no[16]) % 2 == 1)
    assert told("training", 性别=gender, 身份证号=id_no) == (set() if agrees else {"gender_unlike_id"})


def test_what_is_refused_contradicts_nothing() -> None:
    damaged = "9.905251997073e+17"
    assert told("employment", **{"身份证号": damaged, "性别": "女"}) == {"id_damaged"}
    assert told("subsidy", **{"发放日期": "2020年13月45日"}) == {"date_invalid"}
    assert told("subsidy", **{"享受人身份证号": MALE[:-1] + "8"}) == {"id_checksum"}


def test_two_people_whose_numbers_were_damaged_alike_are_not_told_to_be_one() -> None:
    rows = [ROWS["employment"] | {"姓名": name, "身份证号": "9.905251997073e+17"} for name in ("王五", "赵六")]
    assert set(extract_of(text_table(rows)).problems["rule"]) == {"id_damaged"}


@pytest.mark.parametrize(
    ("beside", "refused"),
    [(["990525198001010000"], 2), ([MALE], 0), (["990525198001010000", "990525198001106000"], 1)],
)
def test_a_rounded_number_whose_check_digit_is_right_by_chance_is_refused_beside_others(
    beside: list[str], refused: int
) -> None:
    rows = [ROWS["employment"] | {"身份证号": id_no} for id_no in ("990525198001018000", *beside)]
    assert extract_of(text_table(rows)).problems["rule"].to_list().count("id_damaged") == refused
