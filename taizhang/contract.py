"""A contract: the declared columns of one ledger, read from `contracts/*.yaml` (Open Data Contract Standard v3).

The YAML is the only place where a column is defined. Header mapping, typing, the raw tables, the list of
compared columns and the dbt macros that carry it (`taizhang.contract_dbt`) all come from here.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from open_data_contract_standard.model import CustomProperty, OpenDataContractStandard, SchemaProperty

from taizhang.settings import PROJECT

Kind = Literal[
    "text", "name", "id_number", "paper_number", "phone", "account", "township", "village",
    "code", "codes", "yes_no", "date", "integer", "money",
]  # fmt: skip

_KIND_OF_LOGICAL_TYPE: dict[str, Kind] = {
    "string": "text", "boolean": "yes_no", "date": "date", "integer": "integer", "number": "money",
}  # fmt: skip
_SQL_TYPE_OF_KIND: dict[str, str] = {
    "yes_no": "boolean", "date": "date", "integer": "integer", "money": "numeric(14,2)",
}  # fmt: skip
Comparison = Literal["exact", "normalised", "place", "code", "date", "amount"]
_COMPARISON_OF_KIND: dict[Kind, Comparison] = {
    "text": "normalised", "name": "normalised", "paper_number": "normalised",
    "code": "code", "codes": "code", "date": "date", "money": "amount",
}  # fmt: skip
LEDGERS = ("employment", "training", "subsidy")
CONTRACTS = PROJECT / "contracts"
_HEADER_MARK = re.compile(r"^[\s※★▲△●①-⑳]+|[\s※★▲△●①-⑳]+$")
_HEADER_NOTE = re.compile(
    r"([(\[【](必填项?|选填|\d{1,2}位.*?|文本|下拉.*?|[^()]*格式[^()]*|年[/.-]?月([/.-]?日)?|y{2,4}[^()]*|与[^()]*一致|见[^()]*)[)\]】])+$",
    re.IGNORECASE,
)
"""How to fill a column in, behind its name: （必填）, （18位）, （年/月/日）. What may name another column is none."""
_WITH_VALUES = re.compile(r"([^()]+)\((.+)\)")
_BETWEEN_VALUES = re.compile(r"[/、,;|]|\d+[.、]?|…+|\.{2,}|等$")
_YES_OR_NO = frozenset({"是", "否", "有", "无", "√", "×"})


class ContractError(ValueError):
    """A contract file does not say what a ledger needs."""


def fold_header(text: str) -> str:
    """A header cell in half width, without white space, numbering, the `*` of what is required, how to fill it in."""
    folded = unicodedata.normalize("NFKC", _HEADER_MARK.sub("", text))
    return _HEADER_NOTE.sub("", re.sub(r"^\d{1,2}[.、]|[\s*:。]", "", folded))


def normalise_header(text: str) -> str:
    """Fold a header cell to the form in which spellings are compared.

    A unit of yuan goes too, so that 务工月收入（元） and 务工月收入 are one spelling. 万元 stays: it changes the value.
    """
    return re.sub(r"\((单位)?(人民币)?元(/[人月年次天])*\)$", "", fold_header(text))


@dataclass(frozen=True)
class Code:
    """One value of a code list: what we store, what the ledger prints, what people also write."""

    value: str
    label: str
    synonyms: tuple[str, ...] = ()
    usual_maximum: float | None = None

    @property
    def spellings(self) -> tuple[str, ...]:
        return (self.label, *self.synonyms)


@dataclass(frozen=True)
class Column:
    name: str
    label: str
    description: str
    kind: Kind
    headers: tuple[str, ...]
    required: bool = False
    personal: bool = False
    compared: bool = False
    totalled: bool = False
    advisory: bool = False
    compare: Comparison = "exact"
    tolerance: float = 0
    codes: tuple[Code, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    usual_minimum: float | None = None
    example: str = ""

    @property
    def sql_type(self) -> str:
        return _SQL_TYPE_OF_KIND.get(self.kind, "text")

    @property
    def is_free_text(self) -> bool:
        """Whether words are asked for: a long number in it has slipped in, and is likely to be a person's."""
        return self.kind == "text"

    def rank(self, spelling: str) -> int:
        """Where a header's folded spelling stands in the list, whose first is the official one."""
        headers = [normalise_header(header) for header in self.headers]
        return headers.index(spelling if spelling in headers else spelling.partition("(")[0])

    def takes(self, values: str) -> bool:
        """Whether a text lists values of the column: 男/女, 1省外/2省内县外/3县内."""
        known = _YES_OR_NO if self.kind == "yes_no" else self.code_of_spelling.keys()
        listed = [value for value in _BETWEEN_VALUES.split(values) if value]
        return len(listed) > 1 and all(value in known for value in listed)

    @cached_property
    def code_of_spelling(self) -> dict[str, str]:
        return {spelling: code.value for code in self.codes for spelling in code.spellings}


@dataclass(frozen=True)
class Contract:
    ledger: str
    label: str
    periodicity: Literal["month", "year"]
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @cached_property
    def column_of_header(self) -> dict[str, Column]:
        return {normalise_header(header): column for column in self.columns for header in column.headers}

    def column_of(self, spelling: str) -> Column | None:
        """The column of a header's folded spelling, behind which its values may be listed: 性别(男/女)."""
        if spelling in self.column_of_header:
            return self.column_of_header[spelling]
        listed = _WITH_VALUES.fullmatch(spelling)
        column = self.column_of_header.get(listed[1]) if listed else None
        return column if listed and column and column.takes(listed[2]) else None

    @property
    def required(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.required)

    @property
    def compared(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.compared)

    @property
    def totalled(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.totalled)

    @cached_property
    def raw_columns(self) -> dict[str, str]:
        """Name and SQL type of the columns of `raw.<ledger>` that hold the clerk's values, in order.

        A date is followed by its precision (`day`, `month` or `year`), as 2020年3月 is not 2020-03-01.
        """
        columns: dict[str, str] = {}
        for column in self.columns:
            columns[column.name] = column.sql_type
            if column.kind == "date":
                columns[f"{column.name}_precision"] = "text"
        return columns


def read_contract(path: Path) -> Contract:
    """Read one contract file. Raises `ContractError` where it is not usable, naming the file and the column."""
    document = OpenDataContractStandard.from_file(str(path))
    if not document.schema_ or len(document.schema_) != 1 or not document.schema_[0].name:
        raise ContractError(f"{path}: a contract has exactly one named table under `schema`")
    table, custom = document.schema_[0], _custom(document.customProperties)
    properties = table.properties or []
    key = sorted((p.primaryKeyPosition or 0, str(p.name)) for p in properties if p.primaryKey)
    contract = Contract(
        ledger=str(table.name),
        label=table.businessName or str(table.name),
        periodicity=custom.get("periodicity", "year"),
        columns=tuple(_column(path, p) for p in properties),
        key=tuple(name for _, name in key),
    )
    if not contract.key:
        raise ContractError(f"{path}: no column is marked primaryKey")
    _refuse_shared_headers(path, contract)
    return contract


def _column(path: Path, p: SchemaProperty) -> Column:
    custom, options = _custom(p.customProperties), p.logicalTypeOptions or {}
    kind = custom.get("kind") or _KIND_OF_LOGICAL_TYPE.get(p.logicalType or "")
    if not p.name or not kind or not custom.get("headers"):
        raise ContractError(f"{path}: column {p.name!r} needs a name, a logicalType or kind, and headers")
    codes = tuple(_code(e.value, e.label, _custom(e.customProperties)) for e in p.enum or ())
    if kind in ("code", "codes") and not codes:
        raise ContractError(f"{path}: column {p.name!r} is a code without a code list (`enum`)")
    comparison = custom.get("compare") or _COMPARISON_OF_KIND.get(kind, "exact")
    if comparison not in get_args(Comparison) or (comparison == "date") != (kind == "date"):
        raise ContractError(f"{path}: column {p.name!r} of kind {kind} cannot be compared as {comparison!r}")
    return Column(
        name=p.name,
        label=p.businessName or p.name,
        description=p.description or "",
        kind=kind,
        headers=tuple(custom["headers"]),
        required=bool(p.required),
        personal=p.classification in ("personal", "sensitive"),
        compared=bool(custom.get("compared")),
        totalled=bool(custom.get("totalled")),
        advisory=bool(custom.get("advisory")),
        compare=comparison,
        tolerance=float(custom.get("tolerance", 0)),
        codes=codes,
        minimum=options.get("minimum"),
        maximum=options.get("maximum"),
        usual_minimum=custom.get("usualMinimum"),
        example=str(p.examples[0]) if p.examples else "",
    )


def _code(value: Any, label: str | None, custom: dict[str, Any]) -> Code:
    return Code(str(value), label or str(value), tuple(custom.get("synonyms", ())), custom.get("usualMaximum"))


def _custom(properties: list[CustomProperty] | None) -> dict[str, Any]:
    return {str(p.property): p.value for p in properties or ()}


def _refuse_shared_headers(path: Path, contract: Contract) -> None:
    seen: dict[str, str] = {}
    for column in contract.columns:
        for header in map(normalise_header, column.headers):
            if seen.setdefault(header, column.name) != column.name:
                raise ContractError(f"{path}: header {header} belongs to {seen[header]} and to {column.name}")


@cache
def contracts() -> dict[str, Contract]:
    """Every ledger's contract, by ledger name."""
    return {ledger: read_contract(CONTRACTS / f"{ledger}.yaml") for ledger in LEDGERS}
