"""`docs/suspicions.md`, written from the seeds of rules and policies: `python -m taizhang.suspicions_page`."""

import csv
from collections.abc import Iterator
from pathlib import Path

from taizhang.build import DBT_PROJECT
from taizhang.rules_page import table
from taizhang.settings import PROJECT

PAGE = PROJECT / "docs" / "suspicions.md"
_HEAD = """<!-- Written by `make contracts` from dbt_project/seeds: change suspicion_rule and subsidy_policy. -->
# Suspicions 补贴疑点

For the county's audit office. `marts.subsidy_suspicion` has a row for each payment, or each person, that should be
looked into: a suspicion to verify, never a verdict. It names the rule, what it rests on (`evidence`), the months, the
amount at stake and the township that verifies, and nobody: `labourer_key` is a surrogate, which
`taizhang trace subsidy PAYMENT_NO` follows to the sheets of the three levels. 疑点供核查，不是结论。

```sql
select rule_name, severity, confidence, count(*) as suspicions, sum(amount_at_stake) as yuan
from marts.subsidy_suspicion
group by rule_name, severity, confidence
order by yuan desc;
```

## Rules

`severity` is how much it matters if it is true. `confidence` is how likely it is; *policy* means that the policy
applied says how sure it is to hold in this county. Payments that the bank sent back and their reissues are one chain,
which counts once, and heads of household may be paid for their members: neither raises a suspicion.
"""
_POLICIES = """
## Policies

What the rules hold payments to, by the first month that a payment is for. This is configuration: correct
`dbt_project/seeds/subsidy_policy.csv` from the county's own documents, and the next night applies it. An empty cell
is not known and not checked. A cap is in yuan; the birthday that ends an age window is still inside it.
"""
_POLICY_COLUMNS = (
    "Policy", "Months", "Cap", "Times", "Months at most", "Due after", "Age", "Excludes", "Document", "Confidence",
)  # fmt: skip
_THRESHOLDS = """
Two thresholds are variables in `dbt_project/dbt_project.yml`: `suspicion_shared_by_households`, from how many
households on one account or phone is a suspicion, and `suspicion_days_to_reissue`, how long a payment that came back
may wait.
"""


def render() -> str:
    rules = (
        (
            f"`{rule['rule']}`", rule["name"], rule["severity"], rule["confidence"] or "*policy*",
            rule["tests"], rule["guard"], rule["source"],
        )
        for rule in _seed("suspicion_rule")
    )  # fmt: skip
    return "\n".join(
        [
            _HEAD,
            *table(("Rule", "疑点", "Severity", "Confidence", "It tests", "Not raised by", "Source"), rules),
            _THRESHOLDS.rstrip(),
            _POLICIES,
            *table(
                (
                    "Policy",
                    "Months",
                    "Cap",
                    "Times",
                    "Months at most",
                    "Due after",
                    "Age",
                    "Excludes",
                    "Document",
                    "Confidence",
                ),
                map(_policy, _seed("subsidy_policy")),
            ),
            "",
        ]
    )


def _seed(name: str) -> Iterator[dict[str, str]]:
    with (DBT_PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _policy(policy: dict[str, str]) -> tuple[str, ...]:
    men, women = policy["max_age_male"], policy["max_age_female"]
    oldest = men if men == women else f"{men} (women {women})"
    excludes = [*policy["excluded_with"].split("|"), "carried free" if policy["excludes_point_to_point"] else ""]
    return (
        f"`{policy['policy_id']}`",
        f"{policy['valid_from'][:7]} to {policy['valid_to'][:7]}".rstrip(),
        _per(policy, "cap"),
        _per(policy, "times"),
        policy["max_months"],
        f"{policy['due_after_months']} months" if policy["due_after_months"] else "",
        f"{policy['min_age']} to {oldest}".rstrip(),
        ", ".join(filter(None, excludes)),
        policy["document"],
        policy["confidence"],
    )


def _per(policy: dict[str, str], what: str) -> str:
    return f"{policy[what]} a {policy[f'{what}_per']}" if policy[what] else ""


def main(page: Path = PAGE) -> None:
    page.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
