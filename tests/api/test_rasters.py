"""Rasters as pictures: every pixel of a tile by hand, what is empty or elsewhere, legends that say the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from factories import write_cells
from fastapi.testclient import TestClient
from numpy.typing import NDArray
from rasterio.io import MemoryFile
from sqlalchemy import Engine

from geomiljo.catalogue import Catalogue
from geomiljo.layers.raster_load import RasterOptions, load_raster

TILE = shapely.box(600_064, 6_500_000, 600_192, 6_500_128)
"""Tile 13/15624/14063 of SWEREF99TM: level 13 has cells of 0.5 m, counted from −1,200,000 east and 8,500,000 north."""
PLACE = "SWEREF99TM/13/15624/14063"
FIELD, LAKE, FOREST = (255, 255, 190), (102, 153, 205), (56, 168, 0)


@pytest.fixture
def land(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    cells = write_cells(np.array([[3, 61], [0, 114]], dtype=np.uint8), TILE, nodata=0)
    load_raster(engine, catalogue, "nmd", cells, tmp_path, RasterOptions(class_table="nmd2018"))


def pixels(png: bytes) -> NDArray[Any]:
    """Return red, green, blue, opacity of each pixel, north first."""
    with MemoryFile(png) as file, file.open() as picture:
        return np.moveaxis(picture.read(), 0, -1)


@pytest.mark.usefixtures("land")
def test_each_class_has_its_colour_and_no_data_is_transparent(client: TestClient) -> None:
    answer = client.get(f"/api/v1/layers/nmd/tiles/{PLACE}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    found = pixels(answer.content)
    assert found.shape == (256, 256, 4)
    for rows, columns, colour in (
        (slice(0, 128), slice(0, 128), (*FIELD, 255)),
        (slice(0, 128), slice(128, 256), (*LAKE, 255)),
        (slice(128, 256), slice(128, 256), (*FOREST, 255)),
    ):
        assert (found[rows, columns] == colour).all()
    assert (found[128:, :128, 3] == 0).all()


@pytest.mark.usefixtures("land")
def test_web_mercator_shows_the_same_colours(client: TestClient) -> None:
    sets = client.get("/api/v1/layers/nmd/tiles").json()
    west, south, east, north = sets["bounds"]
    assert west < 16.7245 < east
    assert south < 58.6295 < north
    [mercator] = [each for each in sets["tileSets"] if each["tileMatrixSetId"] == "WebMercatorQuad"]
    limits = next(each for each in mercator["limits"] if each["tileMatrix"] == "15")
    address = mercator["tiles"].format(z=15, y=limits["minTileRow"], x=limits["minTileCol"])
    found = pixels(client.get(address).content)
    opaque = {tuple(colour[:3]) for colour in found[found[..., 3] == 255].tolist()}
    assert opaque == {FIELD, LAKE, FOREST}
    for level in (0, 3, 6):
        assert client.get(mercator["tiles"].format(z=level, y=0, x=0)).status_code in {200, 204}


@pytest.mark.usefixtures("land")
def test_nothing_there_is_204_and_no_such_place_404(client: TestClient) -> None:
    assert client.get("/api/v1/layers/nmd/tiles/SWEREF99TM/13/15000/14000").status_code == 204
    for place in ("SWEREF99TM/14/0/0", "SWEREF99TM/0/9/0", "SWEREF99TM/0/x/0", "Nowhere/0/0/0"):
        assert client.get(f"/api/v1/layers/nmd/tiles/{place}").status_code == 404
    for layer in ("tradkrona", "ramsar", "nothing"):  # not loaded, no raster, not in the registers
        assert client.get(f"/api/v1/layers/{layer}/tiles/{PLACE}").status_code == 404


@pytest.mark.usefixtures("land")
def test_a_tile_is_not_sent_twice_and_changes_with_the_layer(
    client: TestClient, engine: Engine, catalogue: Catalogue, tmp_path: Path
) -> None:
    address = f"/api/v1/layers/nmd/tiles/{PLACE}"
    first = client.get(address)
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "public, max-age=300"
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 304
    other = write_cells(np.array([[114]], dtype=np.uint8), TILE)
    load_raster(engine, catalogue, "nmd", other, tmp_path, RasterOptions(class_table="nmd2018"), accept=True)
    again = client.get(address, headers={"If-None-Match": tag})
    assert (again.status_code, again.headers["etag"] == tag) == (200, False)


def test_measured_values_are_blended_from_lowest_to_highest(
    client: TestClient, engine: Engine, catalogue: Catalogue, tmp_path: Path
) -> None:
    cells = np.array([[10.0, np.nan], [10.0, 60.0]], dtype=np.float32)
    load_raster(engine, catalogue, "hojdmodell", write_cells(cells, TILE), tmp_path)
    found = pixels(client.get(f"/api/v1/layers/hojdmodell/tiles/{PLACE}").content)
    legend = client.get("/api/v1/layers/hojdmodell/legend?f=json").json()
    assert (legend["unit"], legend["blended"], legend["entries"][0]["label"]) == ("m", True, "10 m")
    low, high = legend["entries"][0]["colour"], legend["entries"][-1]["colour"]
    assert (low, high) == ("#440154", "#fde725")
    assert bytes(found[0, 0, :3]).hex() == low[1:]
    assert bytes(found[-1, -1, :3]).hex() == high[1:]
    assert found[0, -1, 3] == 0


@pytest.mark.usefixtures("land")
def test_legends_say_what_the_tiles_show(client: TestClient) -> None:
    as_json = client.get("/api/v1/layers/nmd/legend?f=json", headers={"Accept-Language": "sv"}).json()
    entries = {entry["value"]: (entry["label"], entry["colour"]) for entry in as_json["entries"]}
    assert entries[3] == ("Åkermark", "#ffffbe")
    svg = client.get("/api/v1/layers/nmd/legend", headers={"Accept-Language": "sv"})
    assert svg.headers["content-type"] == "image/svg+xml"
    assert all(label in svg.text and colour in svg.text for label, colour in entries.values())
    png = client.get("/api/v1/layers/nmd/legend?f=png&scale=2")
    assert pixels(png.content).shape[1] > 200


def test_a_file_that_went_missing_is_an_error_for_people(
    client: TestClient, engine: Engine, catalogue: Catalogue, tmp_path: Path
) -> None:
    loaded = load_raster(engine, catalogue, "hojdmodell", write_cells(np.ones((2, 2), np.float32), TILE), tmp_path)
    (tmp_path / "hojdmodell" / f"{loaded.version}.tif").unlink()
    answer = client.get(f"/api/v1/layers/hojdmodell/tiles/{PLACE}")
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (503, "source-unavailable")


def test_scaled_values_are_shown_as_they_are_measured(
    client: TestClient, engine: Engine, catalogue: Catalogue, tmp_path: Path
) -> None:
    path = write_cells(np.array([[0, 1_000]], dtype=np.int16), TILE, path=tmp_path / "scaled.tif")
    with rasterio.open(path, "r+") as dataset:
        dataset.scales = (0.1,)
    load_raster(engine, catalogue, "tradkrona", path, tmp_path)
    found = pixels(client.get(f"/api/v1/layers/tradkrona/tiles/{PLACE}").content)
    assert bytes(found[0, -1, :3]).hex() == "1b5e20"  # 100 % of the register's ramp


def test_a_ramp_from_lowest_to_highest_knows_the_scale(
    client: TestClient, engine: Engine, catalogue: Catalogue, tmp_path: Path
) -> None:
    path = write_cells(np.array([[1_000, 6_000]], dtype=np.int16), TILE, path=tmp_path / "scaled.tif")
    with rasterio.open(path, "r+") as dataset:
        dataset.scales = (0.01,)
    load_raster(engine, catalogue, "hojdmodell", path, tmp_path)
    found = pixels(client.get(f"/api/v1/layers/hojdmodell/tiles/{PLACE}").content)
    assert [bytes(found[0, column, :3]).hex() for column in (0, -1)] == ["440154", "fde725"]
    legend = client.get("/api/v1/layers/hojdmodell/legend?f=json").json()
    assert [legend["entries"][end]["value"] for end in (0, -1)] == pytest.approx([10.0, 60.0])
