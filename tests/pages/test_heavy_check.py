"""Kept checks with more objects than their map can hold: the rest comes as tiles."""

from __future__ import annotations

from pathlib import Path

import mapbox_vector_tile
import morecantile
import pytest
from factories import box, write_layer
from fastapi.testclient import TestClient
from pages.conftest import AS_BROWSER
from sqlalchemy import Engine, func, select

from geomiljo.catalogue import Catalogue
from geomiljo.crs import ANALYSIS_CRS, WIRE_CRS, transform_one
from geomiljo.database.check_tables import CheckPieceRow
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.maps.sheet import MAX_SHAPES

PASTED = "6500000; 600000\n6500000; 600400\n6500400; 600400\n6500400; 600000"
COLUMNS, ROWS = 30, 20


@pytest.fixture
def address(client: TestClient, engine: Engine, catalogue: Catalogue, tmp_path: Path) -> str:
    """A check of a plan with 600 wetlands of 100 m² in it."""
    ponds = [box(12 * x, 15 * y, 12 * x + 10, 15 * y + 10) for x in range(COLUMNS) for y in range(ROWS)]
    load_layer(engine, catalogue, "ramsar", write_layer(tmp_path / "p.gpkg", ponds), LoadOptions(coverage="sweden"))
    return str(client.post("/checks", data={"way": "text", "text": PASTED}).headers["location"])


def seen_in_tiles(client: TestClient, address: str) -> list[dict[str, object]]:
    west, south, east, north = transform_one(box(0, 0, 400, 400), ANALYSIS_CRS, WIRE_CRS).bounds
    features = []
    for tile in morecantile.tms.get("WebMercatorQuad").tiles(west, south, east, north, [16]):
        answer = client.get(f"{address}/pieces/16/{tile.y}/{tile.x}")
        assert answer.status_code in {200, 204}
        if answer.content:
            features += mapbox_vector_tile.decode(answer.content)["pieces"]["features"]
    return [feature["properties"] for feature in features]


def test_what_the_map_leaves_out_comes_as_tiles(client: TestClient, engine: Engine, address: str) -> None:
    page = client.get(address).text
    assert COLUMNS * ROWS > MAX_SHAPES
    assert f"{address}/pieces/{{z}}/{{y}}/{{x}}" in page
    assert "objekt inne i planen" in page
    seen = seen_in_tiles(client, address)
    pieces = {(str(feature["finding"]), str(feature["gm_id"])) for feature in seen}
    findings = {finding for finding, _piece in pieces}
    assert findings
    assert len(pieces) == COLUMNS * ROWS * len(findings), "every object of every finding, however often it is cut"
    assert {feature["area_m2"] for feature in seen} == {100.0}
    with engine.connect() as connection:
        kept = connection.scalar(select(func.count()).select_from(CheckPieceRow))
    assert kept == len(pieces), "kept once, by whichever tile came first"
    assert f"{address}/pieces/" in client.get(f"{address}/map").text


def test_a_light_map_needs_no_tiles_and_keeps_no_pieces(client: TestClient, engine: Engine) -> None:
    address = client.post("/checks", data={"way": "text", "text": PASTED}).headers["location"]
    assert "/pieces/" not in client.get(address, headers=AS_BROWSER).text
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(CheckPieceRow)) == 0


def test_tiles_of_a_check_that_is_gone_are_gone(client: TestClient) -> None:
    assert client.get(f"/checks/{'0' * 32}/pieces/16/0/0").status_code == 404
