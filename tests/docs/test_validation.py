"""The numbers of docs/validation.md, computed again from real geodata through the public commands."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from databases import fresh_database
from docs.markdown import DOCS, code, tables

pytestmark = pytest.mark.timeout(900)  # some thirty programs one after the other
ROWS = [row for heading in ("Loading", "Checking") for row in tables(DOCS / "validation.md")[heading]]


def script() -> Any:
    """Return the example as a module."""
    spec = importlib.util.spec_from_file_location("load_and_check", DOCS / "examples/real_data/load_and_check.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def numbers(
    cluster_url: str, migrated_template: str, test_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """Load and check once."""
    example = script()
    with fresh_database(cluster_url, migrated_template) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEOMILJO_DATABASE_URL", url)
        patch.setenv("GEOMILJO_STATE_DIR", str(tmp_path_factory.mktemp("state")))  # of the rasters
        found = {**example.load(test_data), **example.refused(test_data), **example.check(test_data)}
        yield {key: str(value) for key, value in found.items()}


def test_the_document_tells_every_number_as_it_is(numbers: dict[str, str]) -> None:
    told = {code(row["number"])[0]: row["value"] for row in ROWS}
    assert told == numbers


def test_a_reserve_is_found_wherever_a_plain_spatial_join_finds_one(numbers: dict[str, str]) -> None:
    """60 and 85 pairs were counted by the data's own description, with another program."""
    assert (numbers["stockholm reserve pairs"], numbers["uppsala reserve pairs"]) == ("60", "85")
