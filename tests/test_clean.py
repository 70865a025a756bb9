"""What each kind of cell may hold, and what becomes of it."""

from datetime import date
from itertools import combinations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taizhang.clean import clean
from taizhang.contract import contracts
from taizhang.rules import RULES

EMPLOYMENT = contracts()["employment"]


def cleaned(column: str, *texts: str | None, number: bool = False) -> tuple[list[object], list[set[str]]]:
    """The values, and for each the rules that it breaks."""
    cells = pl.DataFrame({column: pl.Series(texts, dtype=pl.String), f"{column}#": [number] * len(texts)})
    result = clean(cells, [EMPLOYMENT.column(column)])
    rules = [name for name in result.columns if "|" in name]
    broken = [{rule.split("|")[1] for rule in rules if row[rule]} for row in result.iter_rows(named=True)]
    return result[column].to_list(), broken


def id_of(body: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


@given(st.dates(date(1940, 1, 1), date(2010, 1, 1)), st.integers(0, 999))
def test_a_right_identity_number_is_taken_and_any_other_last_digit_refused(born: date, sequence: int) -> None:
    right = id_of(f"990525{born:%Y%m%d}{sequence:03d}")
    wrong = right[:-1] + ("0" if right[-1] != "0" else "1")
    values, broken = cleaned("id_no", right, f"'{right.lower()} ", wrong)
    assert values[:2] == [right, right]
    assert broken == [set(), set(), {"id_checksum"}]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("99052519800101", "id_length"),
        ("9.90525198001E+17", "id_damaged"),
        ("990525198013010011", "id_birth_date"),
        ("同上", "value_ditto"),
    ],
)
def test_an_identity_number_that_cannot_be_right_is_refused(text: str, rule: str) -> None:
    assert rule in cleaned("id_no", text)[1][0]


@pytest.mark.parametrize(
    "text",
    [
        "恒达电子厂13800000000",
        "恒达电子厂 138-0000-0000",
        "恒达电子厂（１３８００００００００）",
        f"恒达电子厂{id_of('99052519800101001')}",
        "恒达电子厂6217000000000000000",
    ],
)
def test_a_number_of_a_person_among_words_is_told(text: str) -> None:
    assert cleaned("employer", text) == ([text], [{"number_in_text"}])


@pytest.mark.parametrize("text", ["恒达电子厂", "恒达电子2020年3月5日开工3车间", "0739-7231"])
def test_other_numbers_among_words_are_none_of_a_person(text: str) -> None:
    assert cleaned("employer", text) == ([text], [set()])


def test_the_number_of_a_paper_may_have_any_digits() -> None:
    assert cleaned("household_no", "430525000001") == (["430525000001"], [set()])


@pytest.mark.parametrize(
    "text", ["990525198001010017", "BT99052519800101001x", "１３８１２３４５６７８", "2020-13812345678"]
)
def test_the_number_of_a_paper_is_nobody_s(text: str) -> None:
    assert cleaned("household_no", text) == ([None], [{"number_of_person"}])


@pytest.mark.parametrize("text", ["990525202011300001", "BT2018000001", "202011300000000123", "1381234567"])
def test_a_day_and_a_serial_number_are_no_person(text: str) -> None:
    assert cleaned("household_no", text) == ([text], [set()])


@pytest.mark.parametrize("text", ["2.020113000000001e+17", "4.30525E+16", "2E+17", "4305251032040001.0"])
@pytest.mark.parametrize(
    "column", ["household_no", "class_no", "certificate_no", "payment_no", "batch_no", "reissue_of"]
)
def test_a_number_of_a_paper_that_a_workbook_has_rounded_is_none(column: str, text: str) -> None:
    (of_ledger,) = (c for contract in contracts().values() for c in contract.columns if c.name == column)
    result = clean(pl.DataFrame({column: [text]}), [of_ledger])
    assert result.to_dicts() == [{column: None, f"{column}|number_damaged": True}]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("430525103204001.0", "430525103204001"),  # fifteen digits survive
        ("202011300000000123", "202011300000000123"),
        ("1E3", "1E3"),
        ("2020-01", "2020-01"),
    ],
)
def test_a_number_of_a_paper_that_is_whole_is_kept(text: str, value: str) -> None:
    assert cleaned("household_no", text) == ([value], [set()])


def test_an_old_identity_number_is_brought_to_eighteen_digits() -> None:
    old = "990525800101001"
    assert cleaned("id_no", old) == ([id_of("99052519800101001")], [{"id_upgraded"}])


@pytest.mark.parametrize(
    "text",
    [
        "2020-03-05",
        "2020/3/5",
        "2020年3月5日",
        "20200305",
        "2020.3.5",
        "２０２０－３－５",
        "43895",
        "2020-03-05 00:00:00",
        "2020年3月5号",
        "2020.03.05.",
        "2020、3、5",
        "2020，3，5",
        "2020。3。5",
        "2020·3·5",
        "2020—03—05",
        "2020\\3\\5",
        "2020年3.5",
    ],
)
def test_a_day_is_read_in_every_usual_form(text: str) -> None:
    assert cleaned("started_on", text) == ([date(2020, 3, 5)], [set()])


@pytest.mark.parametrize("text", ["2020-03", "2020年3月", "202003", "2020/3", "2020.3", "2020年3月份", "2020、3"])
def test_a_month_is_read_in_every_usual_form(text: str) -> None:
    assert cleaned("started_on", text) == ([date(2020, 3, 1)], [set()])


def test_a_month_that_the_workbook_may_have_cut_short_is_refused() -> None:
    assert cleaned("started_on", "2020.1", number=True)[1] == [{"date_ambiguous"}]
    assert cleaned("started_on", "2020.1", number=False)[1] == [set()]


def test_a_date_of_birth_that_cannot_be_read_is_left_empty() -> None:
    assert cleaned("birth_date", "850101", "1985.1", number=True) == (
        [None, None],
        [{"date_invalid"}, {"date_ambiguous"}],
    )


def test_an_impossible_date_is_refused() -> None:
    assert cleaned("started_on", "2020年13月45日", "2020-02-30", "春节")[1] == [{"date_invalid"}] * 3


@given(st.decimals(400, 30000, places=2))
def test_money_is_kept_to_the_fen(amount: object) -> None:
    values, broken = cleaned("monthly_income", f"{amount}", f"{amount:,}", f"{amount}元")
    assert values == [float(str(amount))] * 3
    assert broken == [set()] * 3


def test_an_amount_that_is_not_one_number_is_refused() -> None:
    texts = ("3000左右", "3000-4000", "面议", "3000.005")
    assert cleaned("monthly_income", *texts)[1] == [{"amount_invalid"}] * 4


def test_yes_and_no_are_read_in_their_usual_forms_and_nothing_else_is_guessed() -> None:
    values, broken = cleaned("returned", "是", "有", "√", "否", "无", "可能", None)
    assert values == [True, True, True, False, False, None, None]
    assert broken[5] == {"yes_no_invalid"}
    assert broken[6] == set()


def test_a_wish_is_said_in_many_ways_and_a_trade_is_none() -> None:
    values, broken = cleaned("training_wanted", "有意愿", "需要", "无意愿", "不需要", "电工")
    assert values == [True, True, False, False, None]
    assert broken[4] == {"yes_no_invalid"}
    assert EMPLOYMENT.column("training_wanted").advisory, "so that the row passes"


def test_a_code_that_is_in_no_list_is_kept_as_unmapped_and_told() -> None:
    values, broken = cleaned("education", "初中", "文盲或者半文盲", "私塾")
    assert values == ["junior_secondary", "illiterate", "unmapped"]
    assert broken[2] == {"code_unmapped"}


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        ("work_region", "乡外县内", "in_county"),
        ("work_region", "乡（镇）内", "in_county"),
        ("work_region", "县外市内", "in_province"),
        ("work_region", "市内县外", "in_province"),
        ("work_region", "省内市州外", "in_province"),
        ("work_region", "境外", "abroad"),
        ("work_region", "珠三角", "out_of_province"),
        ("work_region", "市外", "unmapped"),  # in the province or not: nobody knows
        ("return_reason", "身体原因（伤病）", "health"),
        ("work_status", "返乡未就业", "not_working"),
        ("education", "技工", "senior_secondary"),
        ("education", "学龄前儿童", "preschool"),
        ("training_type", "劳务品牌", "labour_brand"),
        ("training_type", "两后生培训", "school_leavers"),
        ("work_status", "灵活就业", "flexible"),
        ("mode", "订单·定向·定岗", "made_to_order"),
        ("mode", "项目制", "by_project"),
        ("trainee_category", "转岗职工", "transferred_worker"),
    ],
)
def test_what_other_systems_write_is_read_where_it_means_one_of_our_codes(column: str, text: str, value: str) -> None:
    of_ledger = next(c for contract in contracts().values() for c in contract.columns if c.name == column)
    assert clean(pl.DataFrame({column: [text]}), [of_ledger])[column].to_list() == [value]


def test_blanks_within_a_name_go_and_nothing_else_changes() -> None:
    values, broken = cleaned("name", "张 三\u3000丰", "买买提•艾力", "张三(户主)", "Anna  Li", "𠮷𡈽")
    assert values == ["张三丰", "买买提•艾力", "张三(户主)", "Anna  Li", "𠮷𡈽"]
    assert broken == [set()] * 5


@pytest.mark.parametrize("text", ["张?三", "张？三", "张\ufffd", "张\ue4c6", "张\U000f0001"])
def test_a_name_with_a_character_that_was_lost_passes_with_a_warning(text: str) -> None:
    assert cleaned("name", text) == ([text], [{"name_garbled"}])
    assert RULES["name_garbled"].severity == "warning"


REGIONS = [("4305", "25"), ("4326", "24"), ("1101", "01"), ("8100", "00"), ("9111", "11")]


@given(st.dates(date(1940, 1, 1), date(2015, 1, 1)), st.sampled_from(REGIONS), st.integers(0, 999))
def test_a_region_is_right_in_every_year_of_birth(born: date, region: tuple[str, str], sequence: int) -> None:
    number = id_of(f"{''.join(region)}{born:%Y%m%d}{sequence:03d}")
    assert cleaned("id_no", number) == ([number], [set()])


def test_a_region_of_no_province_passes_with_a_warning() -> None:
    number = id_of("47010119800101001")
    assert cleaned("id_no", number) == ([number], [{"id_region_unknown"}])
    assert RULES["id_region_unknown"].severity == "warning"


def mutations(number: str) -> set[str]:
    """Every number that differs in one character, or has two of its characters changed for each other."""
    changed = {number[:at] + new + number[at + 1 :] for at in range(18) for new in "0123456789X"}
    swapped = {
        number[:one] + number[other] + number[one + 1 : other] + number[one] + number[other + 1 :]
        for one, other in combinations(range(18), 2)
    }
    lengths = {number[:at] + number[at + 1 :] for at in range(18)} | {number + "0", "0" + number}
    return (changed | swapped | lengths) - {number}


@settings(max_examples=20)
@given(st.dates(date(1940, 1, 1), date(2010, 1, 1)), st.integers(0, 999))
def test_no_slip_of_the_pen_makes_a_number_another_persons(born: date, sequence: int) -> None:
    """One wrong character, or two beside each other swapped, is always found; the standard promises no more."""
    number = id_of(f"990525{born:%Y%m%d}{sequence:03d}")
    written = sorted(mutations(number))
    values, broken = cleaned("id_no", *written)
    errors = [{rule for rule in rules if RULES[rule].severity == "error"} for rules in broken]
    for text, value, rules in zip(written, values, errors, strict=True):
        assert value != number, "a slip is never silently the same person"
        if len(text) == 18 and (wrong := [at for at in range(18) if text[at] != number[at]]):
            is_promised = len(wrong) == 1 or wrong[1] - wrong[0] == 1
            assert rules or not is_promised, text
        elif len(text) != 18:
            assert rules, text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("9905 2519 8001 0100 17", "990525198001010017"),
        ("９９０５２５１９８００１０１００１７", "990525198001010017"),
        ("990525198001010017\u00a0", "990525198001010017"),
        ('="990525198001010017"', "990525198001010017"),
        ("99052519800101005×", "99052519800101005X"),
        ("99052519800101005*", "99052519800101005X"),
        ("99052519800101005Х", "99052519800101005X"),
        ("99052519800101005ｘ", "99052519800101005X"),
    ],
)
def test_what_programs_put_around_a_number_goes(text: str, value: str) -> None:
    assert cleaned("id_no", text) == ([value], [set()])


@pytest.mark.parametrize("text", ["99052519800101001743", "9905251980010100174312"])
def test_of_a_disability_card_the_identity_number_is_kept(text: str) -> None:
    assert cleaned("id_no", text) == (["990525198001010017"], [{"id_disability_card"}])


@pytest.mark.parametrize("text", ["无", "不详", "000000", "999999198001010017", "/"])
def test_a_placeholder_is_no_number(text: str) -> None:
    assert cleaned("id_no", text) == ([None], [set()])


@pytest.mark.parametrize("text", ["4.3E+17", "9.90525198001E+17", "990525198001010048"])
def test_a_number_that_a_workbook_has_rounded_is_refused(text: str) -> None:
    assert cleaned("id_no", text, number=True)[1] == [{"id_damaged"}]


@pytest.mark.parametrize(
    "text", ["2020-03-05 08:30:00", "2020-3-5 8:30", "2020-03-05T08:30:00.000Z", "2020年3月5日 08:30"]
)
def test_a_time_of_day_behind_a_date_goes(text: str) -> None:
    assert cleaned("started_on", text) == ([date(2020, 3, 5)], [set()])


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("2020.2-2020.12", "date_span"),
        ("2020年2月至2020年12月", "date_span"),
        ("2020.2-至今", "date_span"),
        ("2020.2-12", "date_span"),
        ("2020.3—6", "date_span"),
        ("2020年3-5", "date_span"),
        ("2020年3月至5月", "date_span"),
        ("2020年3-5日", "date_span"),
        ("2020.3、5", "date_span"),
        ("2020年3、5月", "date_span"),
        ("2020.3，5", "date_span"),
        ("2020-03—06", "date_span"),
        ("850101", "date_invalid"),
        ("三月", "date_invalid"),
        ("20.3.5", "date_invalid"),
        ("3/5/2020", "date_invalid"),
        ("08:30", "date_invalid"),
    ],
)
def test_what_is_no_single_date_is_refused(text: str, rule: str) -> None:
    assert cleaned("started_on", text)[1] == [{rule}]


def test_months_are_told_apart_where_the_workbook_kept_them_as_text() -> None:
    assert cleaned("started_on", "2020.10", "2020.1", "2020.01")[0] == [date(2020, m, 1) for m in (10, 1, 1)]
    assert cleaned("ended_on", "至今") == ([None], [set()])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("13800000000.0", "13800000000"),
        ("138 0000 0000", "13800000000"),
        ("+86 138-0000-0000", "138-0000-0000"),
        ("0739-7210000", "0739-7210000"),
        ("（0739）7210000", "(0739)7210000"),
        ("7210000", "7210000"),
        ("0739-7210000-12", "0739-7210000-12"),
        ("'13800000000", "13800000000"),
    ],
)
def test_a_phone_is_a_mobile_or_a_landline(text: str, value: str) -> None:
    assert cleaned("phone", text) == ([value], [set()])


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("13800000000/13900000000", "phone_several"),
        ("13800000000，0739-7210000", "phone_several"),
        ("13800000000 本人 13900000000 妻", "phone_several"),
        ("13800000000\n13900000000", "phone_several"),
        ("1380000000", "phone_invalid"),
        ("12345678901", "phone_invalid"),
    ],
)
def test_a_phone_that_is_none_or_two_passes_with_a_warning(text: str, rule: str) -> None:
    assert cleaned("phone", text)[1] == [{rule}]
    assert RULES[rule].severity == "warning"


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("99.99", {"amount_out_of_range"}),
        ("30000.01", {"amount_out_of_range"}),
        ("399.99", {"amount_unusual"}),
        ("400", set()),
        ("30000", set()),
    ],
)
def test_an_income_is_held_against_its_bounds(text: str, rules: set[str]) -> None:
    assert cleaned("monthly_income", text)[1] == [rules]


def test_an_account_that_a_workbook_has_rounded_is_not_kept() -> None:
    account = contracts()["subsidy"].column("account")
    texts = ["6.217E+18", "6.217e+18", "6217000000000000768", "621700000000"]
    result = clean(pl.DataFrame({"account": texts, "account#": [True] * 4}), [account])
    assert result["account"].to_list() == [None, None, None, "621700000000"]
    assert result["account|account_damaged"].to_list() == [True, True, True, False]


@pytest.mark.parametrize(
    ("column", "text", "rule"),
    [
        ("months_worked", "-月", "integer_invalid"),
        ("months_worked", "个月", "integer_invalid"),
        ("monthly_income", "￥-", "amount_invalid"),
        ("phone", "+86", "phone_invalid"),
    ],
)
def test_a_unit_without_its_number_is_told_and_not_taken_for_a_blank(column: str, text: str, rule: str) -> None:
    assert rule in cleaned(column, text)[1][0]


@pytest.mark.parametrize("mark", ["①", "②", "²", "⑴", "㈠", "½"])
def test_the_mark_of_a_footnote_becomes_no_digit(mark: str) -> None:
    written = {
        "monthly_income": ("300", "amount_invalid"),
        "months_worked": ("1", "integer_invalid"),
        "phone": ("1380000000", "phone_invalid"),
        "started_on": ("2020年3月", "date_invalid"),
        "id_no": ("99052519800101001", "id_length"),
    }
    for column, (text, rule) in written.items():
        for marked in (f"{text}{mark}", f"{mark}{text}"):
            assert rule in cleaned(column, marked)[1][0], (column, marked)
    assert cleaned("employer", f"恒达{mark} 138-0000-0000")[1] == [{"number_in_text"}]


@pytest.mark.parametrize("text", ["1,5", "3,5000", "45,00", "4500,", "20\n20", "20 20", "1\n200", "4¥5"])
def test_what_may_be_two_numbers_is_no_amount(text: str) -> None:
    assert cleaned("monthly_income", text) == ([None], [{"amount_invalid"}])


@pytest.mark.parametrize("text", ["4 500", "4,500", "4，500.00元", "￥4500", "4\u00a0500 元"])
def test_thousands_may_be_parted(text: str) -> None:
    assert cleaned("monthly_income", text) == ([4500.0], [set()])


def test_months_in_two_lines_are_not_read_as_one_number() -> None:
    assert cleaned("months_worked", "1\n2", "1 2", "9 个月") == (
        [None, None, 9],
        [{"integer_invalid"}, {"integer_invalid"}, set()],
    )


def test_a_month_without_a_separator_is_no_count_of_days_but_a_birth_of_the_fifties_is() -> None:
    assert cleaned("started_on", "20203", number=True)[1] == [{"date_invalid"}]
    assert cleaned("birth_date", "20203", number=True) == ([date(1955, 4, 24)], [set()])


@pytest.mark.parametrize("text", ["✓", "✔", "☑"])
def test_a_tick_is_a_yes(text: str) -> None:
    assert cleaned("returned", text) == ([True], [set()])
