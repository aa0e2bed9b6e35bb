"""The service over a database of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from factories import box, line, write_layer
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import Engine

from geomiljo.api import create_app
from geomiljo.catalogue import Catalogue
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.settings import Settings


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(database_url=SecretStr(database_url), max_upload_bytes=1_000_000)


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    """A client of the service; errors inside it come back as answers, as they would over the network."""
    with TestClient(create_app(settings), base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def layers(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> Engine:
    """Two layers in the database that the service reads."""
    everywhere = LoadOptions(coverage="sweden")
    wetlands = write_layer(tmp_path / "ramsar.gpkg", [box(50, 0, 300, 300)], NAMN=["Sjön"])
    load_layer(engine, catalogue, "ramsar", wetlands, everywhere)
    load_layer(engine, catalogue, "leder", write_layer(tmp_path / "l.gpkg", [line((0, 50), (900, 50))]), everywhere)
    return engine
