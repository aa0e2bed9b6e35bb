"""The service does what its OpenAPI document says: drawn requests of every operation, and no fault inside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import hypothesis
import pytest
import schemathesis
from api.test_jobs import key_of
from databases import engine_at, fresh_database
from fastapi.testclient import TestClient
from pydantic import SecretStr
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from geomiljo.api import create_app
from geomiljo.settings import Settings

EXAMPLES = 4
"""Drawn requests of each operation: the whole takes well under a minute."""
ENDLESS = {"/api/v1/jobs/{job_id}/events"}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

Described = tuple[schemathesis.schemas.BaseSchema, TestClient, dict[str, str]]


@pytest.fixture(scope="module")
def described(cluster_url: str, migrated_template: str) -> Iterator[Described]:
    """The service with its document, as its administrator sees it."""
    with fresh_database(cluster_url, migrated_template) as url, engine_at(url) as engine:
        many = "1000000/minute"
        settings = Settings(
            database_url=SecretStr(url), rate_limit=many, rate_limit_anonymous=many, jobs_per_client=1_000_000
        )
        app = create_app(settings)
        with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
            document = client.get("/api/openapi.json").json()
            schema = schemathesis.openapi.from_dict(document)
            schema.app = app
            yield schema, client, key_of(engine, "admin")


def operations() -> list[tuple[str, str]]:
    """Return method and path of every operation."""
    found = []
    for path, item in create_app(Settings()).openapi()["paths"].items():
        found += [(method, path) for method in METHODS if method.lower() in item and path not in ENDLESS]
    return found


# The pool of connections draws lots in a thread of its own, which Hypothesis takes for a draw of the strategy.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module:hypothesis.errors.HypothesisDeprecationWarning")
@pytest.mark.parametrize(("method", "path"), operations())
def test_every_operation_answers_as_described(described: Described, method: str, path: str) -> None:
    schema, client, key = described
    operation = schema[path][method]

    @hypothesis.given(case=operation.as_strategy())
    @hypothesis.settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    def answers(case: schemathesis.Case[Any]) -> None:
        response = case.call(session=cast("Any", client), headers=key)
        case.validate_response(
            response, checks=[not_a_server_error, content_type_conformance, response_schema_conformance]
        )

    answers()
