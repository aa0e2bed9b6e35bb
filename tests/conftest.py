"""Fixtures that many tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from browsers import chromium
from databases import engine_at, fresh_database, running_cluster
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import Engine

from geomiljo.catalogue import Catalogue, open_catalogue
from geomiljo.database.schema import migrate

ROOT = Path(__file__).parent.parent
hypothesis.settings.register_profile("geomiljo", deadline=None)  # a busy machine is no fault
hypothesis.settings.load_profile("geomiljo")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes long first; the order is random otherwise."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The shipped registers."""
    return open_catalogue()


@pytest.fixture(scope="session")
def test_data() -> Path:
    """Real geodata; must be there where CI runs."""
    folder = Path(os.environ.get("GEOMILJO_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        missing = f"no real geodata at {folder}: set GEOMILJO_TEST_DATA"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return folder


@pytest.fixture(scope="session")
def cluster_url() -> Iterator[str]:
    """A private PostGIS for this test process."""
    with running_cluster() as url:
        yield url


@pytest.fixture(scope="session")
def migrated_template(cluster_url: str) -> Iterator[str]:
    """Name of a database with the tables, from which those of the tests are copied."""
    with fresh_database(cluster_url) as url:
        with engine_at(url) as engine:
            migrate(engine)
        yield url.partition("?")[0].rpartition("/")[2]


@pytest.fixture
def database_url(cluster_url: str, migrated_template: str) -> Iterator[str]:
    """A database of its own with all tables and no data."""
    with fresh_database(cluster_url, migrated_template) as url:
        yield url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on a database of its own."""
    with engine_at(database_url) as engine:
        yield engine


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser; its driver runs an event loop while it is there, which no other module may find."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()
