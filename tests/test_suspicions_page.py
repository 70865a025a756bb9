"""`docs/suspicions.md` names every rule and policy, and every rule has its model and its unit test."""

import csv
import re
from pathlib import Path

import yaml

from taizhang.build import DBT_PROJECT
from taizhang.suspicions_page import PAGE, main, render

MODELS = DBT_PROJECT / "models" / "intermediate" / "suspicion"


def seed(name: str) -> list[dict[str, str]]:
    with (DBT_PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


RULES = [rule["rule"] for rule in seed("suspicion_rule")]


def test_the_page_is_current(tmp_path: Path) -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), "run `make contracts`"
    main(tmp_path / "suspicions.md")
    assert (tmp_path / "suspicions.md").read_text(encoding="utf-8") == render()


def test_every_rule_and_every_policy_is_on_the_page() -> None:
    for name in (*RULES, *(policy["policy_id"] for policy in seed("subsidy_policy"))):
        assert f"| `{name}` |" in render()


def test_every_rule_has_a_model_that_the_mart_unites_and_no_model_is_without_a_rule() -> None:
    united = (DBT_PROJECT / "macros" / "suspected.sql").read_text(encoding="utf-8")
    assert all(f"'{rule}'" in united for rule in RULES)
    selecting = {path.stem.removeprefix("int_suspicion__") for path in MODELS.glob("*.sql") if _is_rule(path)}
    assert selecting == set(RULES)


def _is_rule(model: Path) -> bool:
    return re.search(r"\{\{ suspected(_\w+)?\('", model.read_text(encoding="utf-8")) is not None


def test_every_rule_has_a_unit_test() -> None:
    unit_tests = yaml.safe_load((DBT_PROJECT / "unit_tests" / "suspicions.yml").read_text(encoding="utf-8"))
    tested = {test["model"] for test in unit_tests["unit_tests"]}
    assert {f"int_suspicion__{rule}" for rule in RULES} <= tested


def test_every_subsidy_has_a_policy_and_no_two_rule_it_at_once() -> None:
    policies = seed("subsidy_policy")
    assert {policy["subsidy_type"] for policy in policies} == {kind["subsidy_type"] for kind in seed("subsidy_type")}
    for one in policies:
        others = [
            other
            for other in policies
            if other is not one
            and (other["subsidy_type"], other["area_tier"]) == (one["subsidy_type"], one["area_tier"])
            and other["valid_from"] <= (one["valid_to"] or "9999")
            and (other["valid_to"] or "9999") >= one["valid_from"]
        ]
        assert not others, one["policy_id"]
