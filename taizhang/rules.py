"""Every rule that an extract is held to: its identifier, severity, sentence for the clerk, example and source.

An `error` rejects the row (or the file); a `warning` lets it pass. `docs/rules.md` is written from this list.
"""

# ruff: noqa: E501  # one rule a line reads as the table it is

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Rule:
    """`message` is the clerk's sentence, in Chinese; `{label}` stands for the column and `{value}` for the text."""

    id: str
    severity: Severity
    checks: str
    message: str
    example: str = ""
    source: str = ""


_GB_11643 = "GB 11643-1999"
# fmt: off
_ALL = (
    # the file
    Rule("file_unreadable", "error", "The file opens as a workbook or a text table", "文件打不开或已损坏，请用 WPS 或 Excel 重新另存为 .xlsx 后再交", "a truncated .xlsx"),
    Rule("file_inaccessible", "error", "The file, and the folder in which it lies, may be read and are not on a damaged disk", "这个文件（或文件夹）读不出来：没有读取权限，或存储有故障；请系统管理员处理，处理好后会自动再读，不必重新填写", "a file that only its owner may read"),
    Rule("file_encrypted", "error", "The file is not protected by a password", "文件设有打开密码，请去掉密码后再交", "a password-protected .xlsx"),
    Rule("file_empty", "error", "The file holds at least one record", "文件中没有数据行，请检查是否交错文件", "a header without rows"),
    Rule("file_too_large", "error", "The file is below the limits of its size, of what it unpacks to, and of its cells", "文件超过{value}，请检查是否含有图片或多余的表", "200 MB"),
    Rule("cell_astray", "error", "No cell stands so far out that the sheet would span millions of cells", "单元格{value}离表格内容太远，表格因此过大，请删除该单元格所在的行或列的内容后再交", "a blank in XFD1048576"),
    Rule("file_changing", "error", "The file is not being written while it is read", "读取时文件还在变化，请保存并关闭文件，等待下次读取", "saved at that moment"),
    Rule("division_unknown", "error", "The folders above a file name a division of the county", "文件夹“{value}”不是本县的乡镇（街道）或村（社区），请放到正确的文件夹", "township/不知道镇"),
    Rule("encoding_unknown", "error", "A text table is UTF-8, UTF-16 or GB 18030", "文本文件编码无法识别，请另存为 .xlsx 后再交", "Big5", "GB 18030-2022"),
    Rule("text_misaligned", "error", "The rows of a text table have no more cells than its header, and no amount of theirs is parted by a comma", "第{value}行的格数与表头对不上，可能是内容里有分隔符或不成对的引号，请另存为 .xlsx 后再交", "3,000 without quotation marks"),
    Rule("ledger_unknown", "error", "The header belongs to one of the ledgers", "找不到表头，无法判断是哪一种台账，请使用规定的表头", "a list of villages"),
    Rule("header_missing", "error", "Every required column is there", "缺少必填列“{label}”，请补上该列后再交", "no 身份证号"),
    Rule("header_repeated", "error", "No column occurs twice, and of the columns below one heading a word (实发, 本月, 今年, 本人) tells which is meant", "列“{label}”出现了两次（{value}），请只保留一列", "身份证号 twice; 补贴金额 above 甲 and 乙"),
    Rule("unit_unknown", "error", "Heading or title tell whether amounts are in 元 or in 万元", "标题中提到“万元”，看不出“{label}”是元还是万元，请在该列表头写明（元）或（万元）", "单位：元、万元 above 补贴金额"),
    Rule("header_again", "error", "Below the header follows no other one", "第{value}行又是表头，而且与上面的表头不同，请把两张表分放到两个工作表后再交", "two tables, one below the other"),
    Rule("header_unknown", "warning", "Every column is known", "不认识列“{value}”，该列内容已保留但不参与核对", "星座"),
    Rule("sheet_hidden", "warning", "A hidden sheet is not read", "工作表“{value}”被隐藏，没有读取", ""),
    Rule("sheet_unrecognised", "warning", "Every sheet is a ledger", "工作表“{value}”不是台账，没有读取", "填表说明"),
    Rule("period_unknown", "error", "The title (or else the sheet's or the file's name) names the reporting month, or says nothing of it", "标题（或工作表名、文件名）中看不出是哪一年哪一月的台账，请在标题写明“YYYY年M月”", "2019年 in a folder of 2020"),
    Rule("period_in_future", "error", "The title (or else the sheet's or the file's name) names no month (of a yearly ledger, no year) after the day of handing in", "标题（或工作表名、文件名）写的是{value}，晚于交表日期，请改正其中的年月", "2021年12月 in January 2021"),
    Rule("period_differs", "warning", "Title, sheet's name and file's name name one month (of a yearly ledger, one year); else the first of them that names one counts. A workbook with a sheet for each month may be named for any of them", "{label}写的是{value}，与{where}不一致，现按{where}算作{period}；如果不对，请改正后重新交", "2020年11月 above the ledger in 2020年12月.xlsx"),
    Rule("total_differs", "warning", "A stated total, of a part, of all or in words, is the sum of the rows it stands for, or their number", "“{label}”合计写的是{value}，各行相加是{expected}，请核对", "合计 100, rows sum to 90; 合计：3人 below two rows", "domain: control total"),
    Rule("nothing_accepted", "error", "Of five rows or more at least one is accepted; else the ledger before it stays in force", "{label}的{value}行没有一行能收，这份台账没有采用，以前交的仍然有效；请先检查是否交错了文件、放错了文件夹", "another township's ledger"),
    Rule("file_elsewhere", "warning", "No other division has handed in the same file", "与{value}交来的文件完全相同，请核对是否交错", "one file under two villages"),
    Rule("file_of_other_period", "warning", "No other period's file is the same", "与{value}的台账完全相同，请核对是否交错了月份或忘了更新", "last month's file under this month's name"),
    Rule("file_outdated", "warning", "No later file of the same ledger and period has been handed in", "放在{value}的文件夹里，早于已经交来的{expected}，没有采用；如果是改正的，请放进今天日期的文件夹再交", "a correction that was saved over last week's file"),
    Rule("file_again", "warning", "A file is not one that was handed in before and replaced since", "与{value}交过、后来已更新的文件完全相同，请核对是否交了旧表", "last month's file"),
    Rule("ledger_twice", "warning", "A division hands in a ledger of a period in one file a day", "今天还交了同一份{label}“{value}”，现以本文件为准；一份台账请合在一个文件里交", "the first and second half of a list in two files"),
    Rule("ledger_replaced", "warning", "No other file of the same ledger was read after this one on the same night", "今天又读到同一份{label}“{value}”，以那个文件为准，本文件没有采用；一份台账请合在一个文件里交", "the first and second half of a list in two files"),
    Rule("rows_jump", "warning", "The number of rows is near that of the extract before", "上次{value}行，这次{expected}行，相差较大，请核对是否漏行或多行", "1,000 rows after 300", "domain: control total"),
    # a worklist that comes back
    Rule("worklist_empty", "warning", "A worklist that comes back is filled in", "工作单里没有填写任何内容，请填写“正确值”或“原因”后再交", "the worklist as it was sent"),
    Rule("answer_break_unknown", "error", "A row of a worklist is of a known break", "这一行不在差异清单中，没有收；请用最近一次的工作单填写", "a number that was typed over"),
    Rule("answer_row_changed", "error", "The locked cells of a worklist are as they were sent", "这一行的锁定单元格被改动过，没有收；请用原来的工作单重新填写", "two names exchanged"),
    Rule("answer_break_elsewhere", "error", "A division answers the breaks of its own records; the county answers all", "这一行是{label}的差异，不由本单位答复，没有收；请由该单位或县里填写", "a township that fills in the worklist of another"),
    Rule("answer_of_total", "error", "A total is not answered, as it follows from its records", "合计由明细得出，不在这里答复，没有收；请改正明细", "a number in the grey cell of a total"),
    Rule("answer_choice_unknown", "error", "What is chosen from a list is in it", "“{value}”不是可选的答复，没有收；请从“{label}”中选一项", "不知道 of a record that a level lacks"),
    Rule("answer_value_invalid", "error", "The right value is one that its column can hold", "“{label}”的正确值“{value}”不符合该列的要求，没有收；有下拉列表的请从列表中选择", "a code in no list"),
    Rule("answer_break_closed", "warning", "What is answered is still open", "这一处差异已经消除，答复已记录，不用再改", "a worklist of last week"),
    Rule("answer_contradicts", "warning", "No other division has answered otherwise since the difference was found", "{label}对这一处差异的答复不是“{value}”，两个答复都已记录，请互相核实；同一天的答复以上级的为准", "不是重复 where the village says 是重复"),
    Rule("sheet_beside_worklist", "warning", "In a worklist that comes back stands nothing else", "工作表“{value}”认不出是工作单，没有读取；如果是台账，请另存为单独的文件再交", "a ledger in another sheet of the worklist"),
    # a cell
    Rule("required_missing", "error", "A required cell is filled in", "“{label}”必填，请补上", "empty 姓名"),
    Rule("value_ditto", "error", "A cell says what it means by itself", "“{label}”写的是“{value}”，请写出具体内容", "同上"),
    Rule("id_length", "error", "An identity number has 18 characters (or 15, or 20/22 for a disability card)", "身份证号“{value}”位数或字符不对，应为18位", "17 digits", _GB_11643),
    Rule("id_birth_date", "error", "An identity number holds a date of birth that exists", "身份证号“{value}”中的出生日期不存在，请核对", "…19800231…", _GB_11643),
    Rule("id_checksum", "error", "The last character of an identity number is its check digit", "身份证号“{value}”校验码不对，请对照身份证逐位核对", "one wrong digit", _GB_11643 + ", ISO 7064 MOD 11-2"),
    Rule("id_region_unknown", "warning", "An identity number begins with a province", "身份证号“{value}”前两位不是省级代码，请核对", "47…", "GB/T 2260"),
    Rule("id_damaged", "error", "An identity number has not been stored as a number; of one that ends in 000, its check digit or that of others of its file tells", "身份证号“{value}”被表格当成数字，后几位已丢失，请把该列设为文本后重新填写", "9.90525E+17; 990525198001010000"),
    Rule("id_upgraded", "warning", "A 15-digit identity number is brought to 18 digits", "身份证号“{value}”是15位旧号，已按18位处理，请核对", "15 digits", _GB_11643),
    Rule("id_disability_card", "warning", "Of a disability card's 20 or 22 digits the first 18 are the identity number", "“{value}”是残疾人证号，已取前18位作为身份证号，请核对", "20 digits"),
    Rule("id_credit_code", "warning", "What stands as an identity number is a person's; an organisation's credit code is left empty, which a required column refuses", "“{label}”的“{value}”是单位的统一社会信用代码，不是身份证号，没有采用；收款人是单位的，这一格可以不填", "91430525MA4L00000X", "GB 32100-2015"),
    Rule("name_invalid", "error", "A name holds a letter", "“{label}”的“{value}”不是姓名，请填写姓名", "0; 12345; 2020-03-05"),
    Rule("name_garbled", "warning", "A name holds no character that a program has lost", "“{label}”的“{value}”中有无法识别的字符，请改成正确的字；生僻字请在备注中写明", "张?三"),
    Rule("name_several", "warning", "A cell holds one name", "“{label}”的“{value}”像是两个人的姓名，请一行只写一个人", "张三、李四; 张三 李四; two lines in one cell"),
    Rule("date_invalid", "error", "A date exists and is written in a form we know", "“{label}”的“{value}”不是有效日期，请写成 2020-03-05 的样子", "2020年13月45日"),
    Rule("date_ambiguous", "error", "A month typed as a number can be told", "“{label}”的“{value}”分不清是1月还是10月，请写成 2020-01 或 2020-10", "2020.1 as a number; in .csv and HTML, which do not tell numbers from texts, any 2020.1"),
    Rule("date_span", "error", "A date is one date", "“{label}”的“{value}”是一段时间，请把开始和结束分别填在两列", "2020.2-2020.12, 2020.2-12"),
    Rule("amount_invalid", "error", "An amount is one exact number", "“{label}”的“{value}”不是一个确切的金额，请只写数字", "3000左右"),
    Rule("amount_out_of_range", "error", "An amount is within its bounds", "“{label}”的“{value}”超出合理范围，请核对单位是元还是万元", "30 yuan a month"),
    Rule("amount_unusual", "warning", "An amount is not below what is usual", "“{label}”的“{value}”偏低，请核对单位是元还是万元、是月还是年", "350 yuan a month", "domain: county checks"),
    Rule("integer_invalid", "error", "A count is a whole number", "“{label}”的“{value}”不是整数，请只写数字", "半年"),
    Rule("integer_out_of_range", "error", "A count is within its bounds", "“{label}”的“{value}”超出合理范围，请核对", "13 months in a year"),
    Rule("yes_no_invalid", "error", "A yes or no is one of its usual forms", "“{label}”的“{value}”请改为“是”或“否”", "可能"),
    Rule("code_unmapped", "warning", "A coded value is in its list", "“{label}”的“{value}”不在规定的选项中，已保留原文，请改用规定选项", "某某学历"),
    Rule("number_in_text", "warning", "Words hold no phone, identity number or account", "“{label}”中有身份证号、电话或账号，这一格没有采用，请删去号码后重新填写", "a phone behind the employer's name"),
    Rule("phone_several", "warning", "A cell holds one phone number", "“{label}”中有两个以上号码，请只保留一个", "13800000000/13900000000"),
    Rule("phone_invalid", "warning", "A phone number is that of a mobile or a landline", "“{label}”不是一个有效的电话号码，请核对", "1380000"),
    Rule("account_invalid", "warning", "A bank account has 12 to 19 digits", "“{label}”位数不对，请核对", "11 digits"),
    Rule("account_damaged", "warning", "A bank account has not been stored as a number", "“{label}”被表格当成数字，后几位已丢失，没有采用；请把该列设为文本后重新填写", "6.2E+18"),
    Rule("number_damaged", "warning", "A number of a household, a class, a payment or a certificate has not been stored as a number of more than 15 digits; it is left empty, which a required column refuses", "“{label}”的“{value}”被表格当成数字，后几位已丢失，没有采用；请把该列设为文本后重新填写", "2.02E+17"),
    Rule("number_of_person", "warning", "The number of a household, a class, a payment or a certificate is no identity number or phone; it is left empty, which a required column refuses", "“{label}”填的是身份证号或电话，没有采用；请填写规定的编号，不要用个人号码", "an identity number as 发放编号"),
    Rule("advisory_unread", "warning", "What only repeats the identity number, or only informs, can be read; what cannot is kept as an empty cell", "“{label}”的“{value}”无法识别，没有采用，请核对", "a date of birth of 2020年13月45日"),
    Rule("value_error", "error", "A formula's result is a value", "“{label}”是公式错误“{value}”，请改成具体内容", "#DIV/0!"),
    Rule("value_merged", "error", "No amount stands in a merged cell of several rows", "“{label}”的“{value}”在跨行的合并单元格里，分不清各行是多少，请取消合并后逐行填写", "1200 in a cell of three rows"),
    Rule("row_struck", "warning", "Nothing in a record is struck out, be it a part of a cell (`.xlsx`, `.xlsm`, `.xls`, XML)", "这一行有带删除线的内容，仍按有效内容读取；作废的行请删除整行，改过的内容请重新填写", "a name with a line through it, and another behind it"),
    # between the columns of a row
    Rule("gender_unlike_id", "warning", "Gender agrees with the identity number's 17th digit (odd: male)", "“{label}”写的是“{value}”，与身份证号第17位不符，请核对", "男 with an even 17th digit", _GB_11643),
    Rule("birth_date_unlike_id", "warning", "A date of birth is that of the identity number, as far as it is told", "“{label}”写的是“{value}”，与身份证号不符，请核对", "1980-01-02 with …19800101…", _GB_11643),
    Rule("age_unlike_id", "warning", "An age is that of the identity number within a year, by calendar years and from one too (虚岁)", "“{label}”写的是“{value}”，与身份证号不符，请核对", "45 in 2020 with …19800101…", _GB_11643),
    Rule("age_below_limit", "warning", "Nobody works or is trained before the age of 16", "按身份证号，“{label}”时不满16岁，请核对", "15 on the first day of work", "Labour Law, article 15"),
    Rule("work_below_age", "warning", "Nobody who is not yet 16 on the day of handing in works away or holds a public-welfare post", "“{label}”是“{value}”，但按身份证号还不满16岁，请核对", "外出务工 at 14, 开始时间 empty", "domain: county checks"),
    Rule("public_post_above_age", "warning", "Nobody above 69 holds a public-welfare post", "按身份证号已满70岁，仍登记为公益性岗位，请核对", "公益性岗位 at 72", "domain: county checks"),
    Rule("date_in_future", "warning", "What has happened (of a person who does not work, the end too; of a payment, the beginning of its time) lies before the day of handing in", "“{label}”的“{value}”晚于交表日期，请核对", "2201-03-05"),
    Rule("end_before_start", "warning", "An end does not lie before its start", "“{label}”的“{value}”早于开始日期，请核对", "from 2020-06 to 2020-03"),
    Rule("return_without_date", "warning", "Who has returned has a date of return", "“{label}”写了“{value}”，但没有返乡时间，请补上", "返乡 是, 返乡时间 empty"),
    Rule("return_date_without_return", "warning", "Who has a date of return has returned", "填了“{label}”，但是否返乡不是“是”，请核对", "返乡 否, 返乡时间 2020-03"),
    Rule("place_unlike_region", "warning", "The place of work lies in the region of work", "“{label}”的“{value}”与务工区域不符，请核对", "省外 and 湖南省, 省外 and 洞口县, 县内 and 深圳市"),
    Rule("channel_unlike_region", "warning", "Workshops and public-welfare posts are in the county", "“{label}”是“{value}”，但务工区域在县外，请核对", "公益性岗位 and 省外", "domain: county checks"),
    Rule("work_without_region", "warning", "Who works away has a region of work", "“{label}”是“{value}”，但没有填务工区域，请补上", "外出务工, 务工区域 empty", "domain: county checks"),
    Rule("months_beyond_start", "warning", "Months of work fit between the start and the reporting month", "“{label}”的“{value}”超过开始时间到本期的月数，请核对", "9 months since October"),
    Rule("skill_unlike_work", "warning", "Who is unable to work does not work away", "“{label}”是“{value}”，却登记为外出务工，请核对", "丧失劳动力 and 外出务工", "domain: county checks"),
    Rule("certificate_unlike_result", "warning", "Only who passed has a certificate", "有“{label}”，但没有取证，请核对", "取证 否 with a number"),
    Rule("paid_without_date", "warning", "A payment that was made has its date", "“{label}”是“{value}”，但没有填发放日期，请补上", "已支付, 发放日期 empty"),
    Rule("failure_unlike_status", "warning", "Only a payment that failed has a reason of failure", "已发放，却填了“{label}”，请核对", "已支付, 卡号已注销"),
    Rule("payee_unlike_relation", "warning", "A payee who is the beneficiary has the same number", "收款人是本人，但“{label}”与享受人不同，请核对", "本人 with another number"),
    Rule("amount_unlike_type", "warning", "A payment is not beyond what is usual for its type", "“{label}”的“{value}”远高于该类补贴的常见金额，请核对金额单位和补贴类型", "一次性交通补贴 of 40,000"),
    # between the rows of a file
    Rule("row_repeated", "warning", "No row occurs twice", "这一行与另一行完全相同，请删除多余的一行", "the same row twice"),
    Rule("record_repeated", "warning", "No record occurs twice", "“{value}”在表中出现不止一次，请只保留正确的一行", "one person in two rows"),
    Rule("phone_shared", "warning", "No phone number is that of three households", "“{label}”的“{value}”有三户以上共用，请核对", "the village secretary's number for everybody", "domain: county checks"),
    Rule("township_unknown", "error", "The township is one of the county's", "“{value}”不是本县的乡镇（街道），请核对", "高砂镇"),
    Rule("township_elsewhere", "error", "The township is the one that hands in", "“{value}”不属于交表单位，请交到该乡镇的台账", ""),
    Rule("village_unknown", "error", "The village is one of its township's", "“{value}”不是该乡镇的村（社区），请核对", "a village of another township"),
    Rule("village_elsewhere", "error", "The village is the one that hands in", "“{value}”不是交表的村（社区），请交到该村的台账", ""),
)
# fmt: on
RULES: dict[str, Rule] = {rule.id: rule for rule in _ALL}


@dataclass(frozen=True)
class Normalisation:
    """What is done to cells of some kinds, with an example of the first: `written` becomes `kept` (None: an empty cell)."""

    kinds: tuple[str, ...]
    does: str
    written: str
    kept: str | None


_ALL_KINDS = (
    "text", "name", "id_number", "paper_number", "phone", "account", "code", "codes", "yes_no", "date", "integer", "money",
)  # fmt: skip
NORMALISATIONS = (
    Normalisation(
        _ALL_KINDS, "White space around a value goes, and characters that no cell shows", "\u3000缝纫工 ", "缝纫工"
    ),
    Normalisation(
        ("text", "name", "id_number", "paper_number", "phone", "account", "code", "codes", "integer", "money"),
        "A placeholder is an empty cell",
        "不详",
        None,
    ),
    Normalisation(("yes_no",), "不详, 未知, / and dashes are an empty cell; 无 is a no", "/", None),
    Normalisation(("date",), "至今 and placeholders are an empty cell", "至今", None),
    Normalisation(("text", "paper_number"), "A whole number loses the .0 of a workbook", "12.0", "12"),
    Normalisation(("name",), "Blanks between Han characters go", "张 三", "张三"),
    Normalisation(
        ("id_number", "phone", "account", "code", "codes", "yes_no", "date", "integer", "money"),
        "Full width becomes half width (NFKC; not where ① or ² stands), inner white space goes",
        "１２",
        "12",
    ),
    Normalisation(
        ("id_number",),
        "Quotes and = around it go; x, × and look-alikes become X",
        "'99052519490101002x",
        "99052519490101002X",
    ),
    Normalisation(
        ("id_number",), "15 digits are brought to 18 (told as `id_upgraded`)", "990525800101001", "990525198001010017"
    ),
    Normalisation(
        ("id_number",),
        "Of a disability card's 20 or 22 digits the first 18 are kept (told as `id_disability_card`)",
        "99052519800101001743",
        "990525198001010017",
    ),
    Normalisation(
        ("id_number",),
        "The credit code of an organisation is an empty cell (told as `id_credit_code`)",
        "91430525MA4L00000X",
        None,
    ),
    Normalisation(("account",), "Quotes and hyphens go", "6217-0000-0000-0000-000", "6217000000000000000"),
    Normalisation(
        ("code",),
        "A label or a synonym becomes its code; one that is unknown becomes `unmapped`, its text is kept beside it",
        "初中",
        "junior_secondary",
    ),
    Normalisation(
        ("codes",),
        "Several codes, however parted, are sorted and joined by commas",
        "残疾、患有大病",
        "disabled,serious",
    ),
    Normalisation(("yes_no",), "Any usual yes or no", "√", "true"),
    Normalisation(
        ("date",),
        "Any usual form becomes a date; a month, and the first of one in a cell that shows the month only (not in `.xlsb`), is kept as its first day with the precision `month`",
        "2020年3月",
        "2020-03-01",
    ),
    Normalisation(("date",), "A time of day behind a day goes", "2020-03-05 08:30:00", "2020-03-05"),
    Normalisation(("phone",), "Quotes around it and the country's +86 go", "'+8613800000000", "13800000000"),
    Normalisation(
        ("account",), "A number of more than 15 digits is an empty cell (told as `account_damaged`)", "6.2E+18", None
    ),
    Normalisation(
        ("paper_number",),
        "A number of more than 15 digits is an empty cell (told as `number_damaged`)",
        "2.02E+17",
        None,
    ),
    Normalisation(
        ("paper_number",),
        "An identity number or a phone is an empty cell (told as `number_of_person`)",
        "990525198001010017",
        None,
    ),
    Normalisation(("date",), "A day count of a workbook becomes its date", "43895", "2020-03-05"),
    Normalisation(("integer",), "个月, 月, 课时, 学时, 小时, 周岁 and 岁 behind a number go", "9个月", "9"),
    Normalisation(
        ("money",), "Thousands separators, ¥ and 元 go; a header in 万元 multiplies by 10,000", "￥3,000.50元", "3000.5"
    ),
    Normalisation(
        ("township", "village"),
        "A division's name, short form or code becomes its code, also its office's name, or behind that of what it lies in; a village inside its township",
        "高沙",
        "430525103000",
    ),
)
"""What may make an accepted value differ from what the clerk wrote; `docs/rules.md` is written from this list."""
