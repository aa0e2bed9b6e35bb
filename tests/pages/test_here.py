"""What is at a place, asked on a page and by programs."""

from __future__ import annotations

from pathlib import Path

import pytest
from factories import EAST, NORTH, box, write_layer
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from geomiljo.catalogue import Catalogue
from geomiljo.layers.load import LoadOptions, load_layer

WILD = "<img src=x onerror=alert(1)>"


@pytest.fixture
def lake(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    """A lake whose name is markup."""
    path = write_layer(tmp_path / "ramsar.gpkg", [box(0, 0, 100, 100)], NAMN=[WILD])
    load_layer(engine, catalogue, "ramsar", path, LoadOptions(coverage="sweden"))


@pytest.mark.usefixtures("lake")
def test_the_page_tells_of_all_layers_and_reads_no_name_as_markup(client: TestClient, catalogue: Catalogue) -> None:
    page = client.get("/here", params={"x": EAST + 50, "y": NORTH + 50}).text
    assert "&lt;img" in page
    assert "<img" not in page
    assert "1 lager har något här." in page
    assert "kan inte säga något" in page
    assert "lagret är inte inläst" in page
    api = client.get("/api/v1/features/at", params={"x": EAST + 50, "y": NORTH + 50, "crs": "3006"}).json()
    assert len(api["layers"]) == len(catalogue.layers)
    [there] = [layer for layer in api["layers"] if layer["answer"] == "there"]
    assert (there["layer"], there["objects"][0]["name"]) == ("ramsar", WILD)


def test_longitude_and_latitude_are_a_place_too(client: TestClient) -> None:
    api = client.get("/api/v1/features/at", params={"lon": 15, "lat": 58.6}).json()
    assert (round(api["x"]), api["withinM"]) == (500_000, 0.0)


@pytest.mark.parametrize(
    ("params", "status"),
    [({}, 422), ({"lon": 0, "lat": 0}, 422), ({"x": EAST, "y": NORTH, "crs": "nonsense"}, 422), ({"lon": "nan"}, 422)],
)
def test_no_place_or_one_elsewhere_is_refused(client: TestClient, params: dict[str, str | float], status: int) -> None:
    assert client.get("/api/v1/features/at", params=params).status_code == status


def test_the_page_without_a_place_asks_for_one(client: TestClient) -> None:
    assert 'name="x"' in client.get("/here").text
