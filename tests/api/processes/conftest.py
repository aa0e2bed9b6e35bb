"""The service with two layers and a worker inside, in a database of these tests' own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from api.cases import key_of, make
from api.processes.subscribers import Callbacks, Subscriber, called_back
from databases import engine_at, fresh_database
from factories import box, line, write_layer
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import Engine

from geomiljo.api import create_app
from geomiljo.catalogue import Catalogue
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.settings import Settings


@pytest.fixture(scope="package")
def callbacks() -> Iterator[Callbacks]:
    with called_back() as callbacks:
        yield callbacks


@pytest.fixture
def subscriber(callbacks: Callbacks) -> Subscriber:
    """One of the test's own."""
    return callbacks.subscriber()


@pytest.fixture(scope="package")
def world(
    cluster_url: str, migrated_template: str, catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """Two layers in a database of this module's."""
    folder, everywhere = tmp_path_factory.mktemp("layers"), LoadOptions(coverage="sweden")
    with fresh_database(cluster_url, migrated_template) as url, engine_at(url) as engine:
        wetlands = write_layer(folder / "r.gpkg", [box(50, 0, 300, 300)], NAMN=["Sjön"])
        load_layer(engine, catalogue, "ramsar", wetlands, everywhere)
        load_layer(engine, catalogue, "leder", write_layer(folder / "l.gpkg", [line((0, 50), (900, 50))]), everywhere)
        yield engine


@pytest.fixture(scope="package")
def settings(world: Engine, callbacks: Callbacks) -> Settings:
    url = world.url.render_as_string(hide_password=False)
    return Settings(database_url=SecretStr(url), callback_origins=(callbacks.origin, "https://other.example"))


@pytest.fixture(scope="package")
def service(settings: Settings) -> Iterator[TestClient]:
    """The service with a worker inside."""
    with TestClient(create_app(settings, with_worker=True), base_url="http://127.0.0.1") as client:
        yield client


@pytest.fixture
def idle(settings: Settings) -> Iterator[TestClient]:
    """The service without a worker, over the same database."""
    with TestClient(create_app(settings), base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="package")
def planner(world: Engine) -> dict[str, str]:
    return key_of(world, "planner", municipality="0115")


@pytest.fixture(scope="package")
def admin(world: Engine) -> dict[str, str]:
    return key_of(world, "admin")


@pytest.fixture(scope="package")
def plan_id(service: TestClient, planner: dict[str, str]) -> str:
    return str(make(service, planner)["id"])
