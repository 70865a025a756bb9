"""The Great Expectations context: in memory, as suites live in Python and results in the warehouse.

Data Docs are all that it leaves behind, and they show the last night only, so that building them stays quick.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import great_expectations as gx
from great_expectations import Checkpoint, ExpectationSuite, ValidationDefinition
from great_expectations.core import ExpectationSuiteValidationResult, RunIdentifier
from great_expectations.data_context import EphemeralDataContext
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from pydantic import SecretStr

from expectations.site import make_self_contained

_DOCS_SITE = {
    "class_name": "SiteBuilder",
    "show_how_to_buttons": False,
    "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
}


@dataclass(frozen=True, eq=False)
class Plan:
    """A suite and the table of the warehouse that it is run on."""

    suite: ExpectationSuite
    schema: str
    table: str


def open_context(url_of_schema: Mapping[str, SecretStr], docs: Path) -> EphemeralDataContext:
    """A context with a data source for each schema, named like it, and Data Docs in the folder `docs`.

    A data source holds the name of a variable instead of its URL, as its configuration may be printed.
    """
    store = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(docs)}
    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(),
        data_docs_sites={"data_docs": _DOCS_SITE | {"store_backend": store}},
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )
    variables = {f"{schema}_url": url.get_secret_value() for schema, url in url_of_schema.items()}
    context = gx.get_context(mode="ephemeral", project_config=config, runtime_environment=variables)
    for schema in url_of_schema:
        context.data_sources.add_postgres(schema, connection_string=f"${{{schema}_url}}")
    return context


def run(
    context: EphemeralDataContext, plans: Iterable[Plan], docs: Path, name: str
) -> list[ExpectationSuiteValidationResult]:
    """Run all plans as one checkpoint and build Data Docs anew in `docs`; `name` tells the run in them."""
    definitions = [_definition(context, plan) for plan in plans]
    checkpoint = context.checkpoints.add(Checkpoint(name="night", validation_definitions=definitions))
    results = list(checkpoint.run(run_id=RunIdentifier(run_name=name)).run_results.values())
    context.clean_data_docs()
    context.build_data_docs()
    make_self_contained(docs, results, name)
    return results


def _definition(context: EphemeralDataContext, plan: Plan) -> ValidationDefinition:
    name = plan.suite.name
    asset = context.data_sources.get(plan.schema).add_table_asset(name, table_name=plan.table)
    batch = asset.add_batch_definition_whole_table("whole table")
    suite = context.suites.add(plan.suite)
    return context.validation_definitions.add(ValidationDefinition(name=name, data=batch, suite=suite))
