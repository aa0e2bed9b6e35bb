"""Real layers in PostGIS, loaded once for each test process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from databases import engine_at, fresh_database
from sqlalchemy import Engine

from geomiljo.catalogue import Catalogue
from geomiljo.layers.load import LoadOptions, load_layer


@pytest.fixture(scope="session")
def real_engine(cluster_url: str, migrated_template: str, catalogue: Catalogue, test_data: Path) -> Iterator[Engine]:
    """A database with the counties, municipalities, reserves, natural monuments and Stockholm's water."""
    layers = {
        "lan": ("admin/lm_lan.geojson", "sweden"),
        "kommun": ("admin/lm_kommun.geojson", "sweden"),
        "naturreservat": ("nature/naturreservat_nvr.gpkg", "county:01,03"),
        "naturminne": ("nature/nvr2020/naturminne_punkt.geojson", None),
        "hydrografi": ("water/stockholm_vatten_3011.shp", None),
    }
    with fresh_database(cluster_url, migrated_template) as url, engine_at(url) as engine:
        for layer, (file, coverage) in layers.items():
            load_layer(engine, catalogue, layer, test_data / file, LoadOptions(coverage=coverage))
        yield engine


@pytest.fixture
def empty(cluster_url: str) -> Iterator[Engine]:
    """A database without any table."""
    with fresh_database(cluster_url) as url, engine_at(url) as engine:
        yield engine
