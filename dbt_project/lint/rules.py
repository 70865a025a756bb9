"""Our own rules for dbt-score."""

import re

from dbt_score import Model, RuleViolation, rule


@rule
def described_in_both_languages(model: Model) -> RuleViolation | None:
    """A model and each of its columns are described in English and in Chinese."""
    described = {"the model": model.description} | {column.name: column.description for column in model.columns}
    lacking = [
        name for name, text in described.items() if not (re.search("[a-z]", text) and re.search("[一-鿿]", text))
    ]
    return RuleViolation(f"Not in both languages: {', '.join(lacking)}.") if lacking else None


@rule
def contract_enforced_on_what_is_published(model: Model) -> RuleViolation | None:
    """What people read has its columns and types enforced."""
    if model.config.get("schema", "").endswith("_next") and not model.config.get("contract", {}).get("enforced"):
        return RuleViolation("Its contract is not enforced.")
    return None
