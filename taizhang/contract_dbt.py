"""What dbt takes from the contracts: a macro with their columns, the sources, and the docs of what carries them.

`python -m taizhang.contract_dbt` writes the files. They are committed, and a test holds them up to date.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from taizhang.contract import Column, Contract, contracts
from taizhang.settings import PROJECT

DBT_PROJECT = PROJECT / "dbt_project"
_NOTICE = "Written by `python -m taizhang.contract_dbt` from contracts/*.yaml: change those."
_LEVELS = {
    "county": ("the county", "县级"),
    "township": ("the township", "乡镇级"),
    "village": ("the village", "村级"),
}
_KEY_OF_NUMBER = {
    "id_no": "person_key", "payee_id_no": "payee_key", "account": "account_key", "phone": "phone_key"
}  # fmt: skip
_NOT_NULL = {"data_tests": ["not_null"]}

Doc = dict[str, Any]


def _doc(name: str, english: str, chinese: str, **rest: Any) -> Doc:
    return {"name": name, "description": f"{english} {chinese}", **rest}


_PLACE = [
    _doc("extract_id", "The extract that the row stands in.", "所在的表"),
    _doc("sheet", "Its sheet.", "工作表"),
    _doc("row_number", "Its row in the sheet.", "行号"),
]
_PERIOD = _doc("period", "First day of the reporting month or year.", "报告期")
_FINGERPRINTS = [
    _doc("fingerprint", "The same for rows that say the same in what is compared.", "参加核对各列的内容指纹"),
    _doc("carried_fingerprint", "The same for rows that say the same in all else.", "其他各列的内容指纹"),
]
_LEVELS_HAVING_IT = [
    _doc("home_village_code", "Its village, by the first level that has it.", "所属村（社区）"),
    _doc("levels_handed_in", "How many levels handed in what should hold it.", "已交表的级数"),
    _doc("levels_with_record", "How many of these have it.", "有此记录的级数"),
]


def staged_name(column: Column) -> str:
    """The column's name from staging on, where a surrogate key stands for a number that tells who somebody is."""
    return _KEY_OF_NUMBER.get(column.name, column.name)


def staged_columns(contract: Contract) -> tuple[Column, ...]:
    """The columns that go beyond raw: those that say nothing personal, and the personal ones that are compared.

    Identity numbers, phones and accounts go on as surrogate keys. The township does not, as the village's code
    begins with it.
    """
    return tuple(
        column
        for column in contract.columns
        if column.name in _KEY_OF_NUMBER or (column.kind != "township" and (column.compared or not column.personal))
    )


def render() -> dict[Path, str]:
    """The text of every file that follows from the contracts, by its path inside the dbt project."""
    files = {
        Path("macros/contract_columns.sql"): _contract_columns(),
        Path("models/staging/_sources.yml"): _as_yaml({"version": 2, "sources": [_raw_source(), _vault_source()]}),
    }
    for contract in contracts().values():
        for model in _models(contract):
            files[model.path] = _as_yaml({"version": 2, "models": [model.document()]})
    return files


def write(project: Path = DBT_PROJECT) -> None:
    for path, text in render().items():
        (project / path).write_text(text, encoding="utf-8")


class _Dumper(yaml.SafeDumper):
    """Writes as one would by hand: list items indented, nothing abbreviated by an alias."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        return True


def _as_yaml(document: Doc) -> str:
    text: str = yaml.dump(document, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)
    return f"# {_NOTICE}\n{text}"


@dataclass(frozen=True)
class _Model:
    """One model of a ledger: where its documentation goes, and what it says."""

    path: Path
    description: str
    columns: list[Doc]

    def document(self) -> Doc:
        return {"name": self.path.stem, "description": self.description, "columns": self.columns}


def _models(contract: Contract) -> list[_Model]:
    ledger, label, folder = contract.ledger, contract.label, Path("models/intermediate") / contract.ledger
    return [
        _Model(
            Path(f"models/staging/stg_{ledger}.yml"),
            f"Accepted rows of the current {ledger} extracts, with surrogate keys for what identifies."
            f" {label}：当前有效各表的行，身份证号、电话和账号已换成代码",
            _staged_docs(contract),
        ),
        _Model(
            folder / f"int_{ledger}__record.yml",
            f"Accepted {ledger} rows, as they are compared. {label}：参加核对的各级的行",
            _record_docs(contract),
        ),
        _Model(
            folder / f"int_{ledger}__disputed_key.yml",
            f"The keys of the {ledger} records that are not the same at every level that handed in."
            f" {label}：有待核对的记录的主键",
            _key_docs(contract),
        ),
        _Model(
            folder / f"int_{ledger}__disputed.yml",
            f"Each {ledger} record that is not the same at every level that handed in, with what county, township"
            f" and village have of it side by side. {label}：有待核对的记录，县、乡、村三级并列",
            _disputed_docs(contract),
        ),
        _Model(
            folder / f"int_{ledger}__agreed.yml",
            f"Each {ledger} record once, as the levels that handed in agree on it."
            f" {label}：每条记录一行，取各级认定的值",
            _agreed_docs(contract),
        ),
        _Model(
            folder / f"int_{ledger}__break.yml",
            f"The {ledger} records on which the levels disagree tonight, a row for each disagreement."
            f" {label}：今晚各级不一致的记录，每处差异一行",
            _break_docs(),
        ),
    ]


def _contract_columns() -> str:
    macros = "\n\n".join(_contract_macro(contract) for contract in contracts().values())
    return f"{{#- {_NOTICE} -#}}\n\n{macros}\n"


def _contract_macro(contract: Contract) -> str:
    """A macro that returns the ledger's key, its other columns and what is added up of it, as Jinja literals."""
    key = [staged_name(contract.column(name)) for name in contract.key]
    columns = [
        {
            "name": staged_name(column),
            "contract_name": column.name,
            "compared": column.compared,
            "compare": column.compare,
            "tolerance": column.tolerance,
            "has_precision": column.kind == "date",
            "is_free_text": column.is_free_text,
        }
        for column in staged_columns(contract)
        if column.name not in contract.key
    ]
    measures = [{"name": "records", "sum": "count(*)", "scale": 0}] + [
        {"name": column.name, "sum": f"sum({column.name})", "scale": 2 if column.kind == "money" else 0}
        for column in contract.totalled
    ]
    return (
        f"{{% macro {contract.ledger}_contract() %}}\n"
        "    {{ return({\n"
        f"        'key': {key},\n"
        f"        'columns': [\n{_literals(columns)}\n        ],\n"
        f"        'measures': [\n{_literals(measures)}\n        ],\n"
        "    }) }}\n"
        "{% endmacro %}"
    )


def _literals(rows: Iterable[Mapping[str, object]]) -> str:
    return "\n".join(f"            {dict(row)}," for row in rows)


def _raw_source() -> Doc:
    extract: Doc = {
        "name": "extract",
        "description": "One file that one division handed in for one ledger; history is kept. 交表记录",
        # Ledgers are handed in by the month; a county that sends nothing for longer has stopped.
        "config": {
            "loaded_at_field": "loaded_at",
            "freshness": {
                "warn_after": {"count": 35, "period": "day"},
                "error_after": {"count": 70, "period": "day"},
            },
        },
    }
    rejected_row = {
        "name": "rejected_row",
        "description": "Rows that were rejected, with what could be read of whose record they are. 退回的行",
    }
    ledgers = [
        {
            "name": contract.ledger,
            "description": f"Accepted rows of the {contract.ledger} ledger, as handed in. {contract.label}",
            "columns": [
                *_PLACE,
                _doc("extra", "Unknown columns, and the text of codes in no list.", "其他列"),
                *(doc for column in contract.columns for doc in _column_docs(column, column.name)),
            ],
        }
        for contract in contracts().values()
    ]
    return {
        "name": "raw",
        "loader": "taizhang",
        "description": "What was handed in, typed by the contracts; written by the loader. 原始台账",
        "tables": [extract, rejected_row, *ledgers],
    }


def _vault_source() -> Doc:
    person = {
        "name": "person",
        "description": "Identity numbers and their surrogate keys. 身份对照",
        "columns": [
            _doc("person_key", "Surrogate key, a sequence.", "人员代码"),
            _doc("id_no", "Identity number; read by staging and to tell a slip, and never passed on.", "身份证号"),
        ],
    }
    others = [
        {
            "name": name,
            "description": f"{english} numbers and their surrogate keys. {chinese}对照",
            "columns": [
                _doc(f"{name}_key", "Surrogate key, a sequence.", f"{chinese}代码"),
                _doc(name, f"{english} number; read by staging and by nothing after it.", chinese),
            ],
        }
        for name, english, chinese in (("account", "Account", "账号"), ("phone", "Phone", "电话"))
    ]
    return {
        "name": "vault",
        "loader": "taizhang",
        "description": "Identity, restricted. 身份信息（受限）",
        "tables": [person, *others],
    }


def _column_docs(column: Column, name: str, whose: tuple[str, str] | None = None) -> Iterator[Doc]:
    """The column's description, and where it is a date its precision's; `whose` names the level that has it."""
    description = column.description
    if column.name in _KEY_OF_NUMBER and name != column.name:
        description = f"Surrogate key. In the ledger: {description}"
    if whose:
        english, _, chinese = description.rpartition(". ")
        description = f"{english}, as {whose[0]} has it. {chinese}（{whose[1]}）"
    yield {"name": name, "description": description}
    if column.kind == "date":
        yield _doc(f"{name}_precision", "How exact that date is: day, month or year.", "日期精度")


def _staged_docs(contract: Contract) -> list[Doc]:
    return [
        *_PLACE,
        _doc("level", "Whose ledger it is in: county, township or village.", "哪一级的台账"),
        _doc("division_code", "The division that handed it in.", "交表单位"),
        _PERIOD,
        *(doc for column in staged_columns(contract) for doc in _column_docs(column, staged_name(column))),
        *_FINGERPRINTS,
    ]


def _record_docs(contract: Contract) -> list[Doc]:
    keys = {"period", "village_code", *(staged_name(contract.column(name)) for name in contract.key)}
    return [doc | (_NOT_NULL if doc["name"] in keys else {}) for doc in _staged_docs(contract)]


def _key_docs(contract: Contract) -> list[Doc]:
    columns = [contract.column(name) for name in contract.key]
    return [_PERIOD, *(doc for column in columns for doc in _column_docs(column, staged_name(column)))]


def _disputed_docs(contract: Contract) -> list[Doc]:
    columns = [
        *_key_docs(contract),
        *_LEVELS_HAVING_IT,
        _doc("home_name", "Its name, by the first level that has it.", "姓名"),
    ]
    for level, whose in _LEVELS.items():
        columns += [
            _doc(
                f"{level}_handed_in",
                f"Whether {whose[0]} handed in, and had no row rejected that may be this record.",
                f"{whose[1]}是否交表且可核对",
            ),
            _doc(f"{level}_row_extract_id", f"Extract of {whose[0]} that has it.", f"{whose[1]}登记所在的表"),
            _doc(f"{level}_absent_columns", "Columns that this extract does not have.", f"{whose[1]}表中没有的列"),
            _doc(f"{level}_extract_id", f"Extract of {whose[0]} that has it or should.", f"{whose[1]}所在或应在的表"),
            _doc(f"{level}_has_record", f"Whether {whose[0]} handed in and has it.", f"{whose[1]}是否有此记录"),
            _doc(f"{level}_rows", f"In how many rows {whose[0]} has it.", f"{whose[1]}登记次数"),
        ]
        columns += [
            doc
            for column in _compared_or_carried(contract)
            for doc in _column_docs(column, f"{level}_{staged_name(column)}", whose)
        ]
    return columns


def _agreed_docs(contract: Contract) -> list[Doc]:
    return [
        *_key_docs(contract),
        *(doc for column in _compared_or_carried(contract) for doc in _column_docs(column, staged_name(column))),
        _doc("is_agreed", "Whether most of the levels that handed in have it; the county's word decides a tie.",
             "是否认定"),
        *_LEVELS_HAVING_IT,
        _doc("levels_agreeing", "How many of these have it just so.", "完全一致的级数"),
    ]  # fmt: skip


def _break_docs() -> list[Doc]:
    return [
        _doc("ledger", "Whose record it is: employment, training or subsidy.", "台账"),
        _PERIOD,
        _doc("kind", "absent, extra, identity, duplicate or differs.", "差异类型"),
        _doc(
            "level", "The level that lacks it, has it too much or twice, or is alone with its value.", "差异所在的一级"
        ),
        _doc("culprit", "The level that is probably wrong, or unknown.", "疑似有误的一级"),
        _doc("township_code", "Township of the record.", "乡镇（街道、管理区）"),
        _doc("division_code", "Village of the record, by the first level that has it.", "村（社区）"),
        _doc("person_key", "Whose record it is.", "所属人员"),
        _doc("record_no", "Number of the class or of the payment.", "班次或发放编号"),
        _doc("column_name", "The column that differs, as the contract calls it.", "差异列"),
        *(
            _doc(f"{level}_value", f"What {english} has in it.", f"{chinese}的值")
            for level, (english, chinese) in _LEVELS.items()
        ),
        _doc("candidate_key", "Who the level lists instead, where one person has two numbers.", "疑似同一人"),
        _doc("score", "How much speaks for one person.", "匹配分"),
        *(
            _doc(f"{level}_extract_id", f"Extract of {english} that has it or should.", f"{chinese}所在或应在的表")
            for level, (english, chinese) in _LEVELS.items()
        ),
    ]


def _compared_or_carried(contract: Contract) -> Iterator[Column]:
    return (column for column in staged_columns(contract) if column.name not in contract.key)


if __name__ == "__main__":
    write()
