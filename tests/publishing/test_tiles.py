"""Tiles hold the features that meet them and nothing else, where they are, by an independent statement of PostGIS."""

from __future__ import annotations

import gzip
import itertools
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from databases import engine_at, fresh_database
from factories import EAST, NORTH, box, line, point, write_layer
from fastapi.testclient import TestClient
from pydantic import SecretStr
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Engine, text

from geomiljo.api import create_app
from geomiljo.catalogue import Catalogue
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.publishing.grids import BUFFER, GRIDS, Grid, Tile
from geomiljo.settings import Settings

ADDRESS = "/ogc/collections/{}/tiles/{}/{}/{}/{}"
TILE_TYPE = "application/vnd.mapbox-vector-tile"
WITHIN = """
    SELECT f.id, ST_AsBinary(ST_Intersection(ST_Transform(f.geom, :srid), t.box)) AS part
    FROM feature AS f
    JOIN layer_version AS v ON v.id = f.version_id AND v.state = 'active' AND v.layer = :layer,
    (SELECT ST_MakeEnvelope(:xmin, :ymin, :xmax, :ymax, :srid) AS box) AS t
    WHERE ST_Intersects(ST_Transform(f.geom, :srid), t.box)
"""


def star(x: float, y: float, radius: float, vertices: int, seed: int) -> shapely.Polygon:
    """Return a polygon with bays, and a finely ragged outline."""
    angles = np.linspace(0, 2 * math.pi, vertices, endpoint=False)
    ragged = np.random.default_rng(seed).uniform(-1, 1, vertices) / vertices
    radii = radius * (0.8 + 0.15 * np.sin(9 * angles) + ragged)
    return shapely.Polygon(np.column_stack([EAST + x + radii * np.cos(angles), NORTH + y + radii * np.sin(angles)]))


@pytest.fixture(scope="module")
def world(
    cluster_url: str, migrated_template: str, catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """Polygons small, large and with thousands of vertices; lines and points."""
    folder, rng = tmp_path_factory.mktemp("layers"), np.random.default_rng(7)
    places = rng.uniform(-9_000, 9_000, (300, 2))
    areas = [box(x, y, x + w, y + h) for (x, y), (w, h) in zip(places, rng.uniform(5, 400, (300, 2)), strict=True)]
    areas += [star(0, 0, 6_000, 9_000, 1), star(3_000, 3_000, 15_000, 4_000, 2)]
    trails: list[BaseGeometry] = [line((x, y), (x + 3_000, y + 500), (x + 2_000, y - 900)) for x, y in places[:60]]
    trails += [point(x, y) for x, y in places[100:200]]
    everywhere = LoadOptions(coverage="sweden")
    with fresh_database(cluster_url, migrated_template) as url, engine_at(url) as engine:
        names = [f"Sjö {number}" for number in range(len(areas))]
        load_layer(engine, catalogue, "ramsar", write_layer(folder / "a.gpkg", areas, NAMN=names), everywhere)
        load_layer(engine, catalogue, "leder", write_layer(folder / "l.gpkg", trails), everywhere)
        yield engine


@pytest.fixture(scope="module")
def client(world: Engine) -> Iterator[TestClient]:
    settings = Settings(database_url=SecretStr(world.url.render_as_string(hide_password=False)))
    with TestClient(create_app(settings), base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        yield client


def content_of(client: TestClient, layer: str, tile: Tile) -> bytes:
    grid = next(grid.id for grid in GRIDS.values() if grid.srid == tile.srid)
    return client.get(address(layer, tile, grid)).content


def decoded(data: bytes, tile: Tile) -> dict[str, tuple[BaseGeometry, dict[str, Any]]]:
    """Return geometry in the plane of the grid and properties of each feature."""
    if not data:
        return {}
    [content] = mapbox_vector_tile.decode(data, default_options={"y_coord_down": True}).values()
    xmin, _ymin, _xmax, ymax = tile.bounds

    def place(units: np.ndarray) -> np.ndarray:
        return np.column_stack([xmin + units[:, 0] * tile.unit, ymax - units[:, 1] * tile.unit])

    return {
        feature["properties"]["gm_id"]: (shapely.transform(shape(feature["geometry"]), place), feature["properties"])
        for feature in content["features"]
    }


def parts(engine: Engine, layer: str, tile: Tile, units: float) -> dict[str, BaseGeometry]:
    """Return the features that meet the tile and so many units around it, cut to that."""
    xmin, ymin, xmax, ymax = tile.bounds
    around = units * tile.unit
    asked = {"layer": layer, "srid": tile.srid, "xmin": xmin - around, "ymin": ymin - around}
    with engine.connect() as connection:
        rows = connection.execute(text(WITHIN), {**asked, "xmax": xmax + around, "ymax": ymax + around})
        return {row.id: shapely.from_wkb(bytes(row.part)) for row in rows}


def tiles_around(grid: Grid, level: int) -> list[Tile]:
    """Return the tiles around the corner of the test world."""
    limits = grid.limits((EAST - 1, NORTH - 1, EAST + 1, NORTH + 1))[level]
    row, column = limits["minTileRow"], limits["minTileCol"]
    return [grid.tile(str(level), str(row + down), str(column + right)) for down in (0, 1) for right in (0, 1)]


def can_be_drawn(part: BaseGeometry, tile: Tile) -> bool:
    """Return whether a part is so large that no rounding to units takes it away."""
    sides = np.ptp(np.array(part.bounds).reshape(2, 2), axis=0)
    if part.geom_type == "Point":
        return True
    return bool((min(sides) if "Polygon" in part.geom_type else max(sides)) > 3 * tile.unit)


@pytest.mark.parametrize("layer", ["ramsar", "leder"])
@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
def test_a_tile_holds_what_meets_it_and_nothing_else(
    world: Engine, client: TestClient, catalogue: Catalogue, layer: str, grid: Grid
) -> None:
    """Less than a unit is not told apart; areas and lines smaller than that are not drawn."""
    seen = 0
    for level in (5, 7, 9, 12):
        for tile in tiles_around(grid, level):
            found = decoded(content_of(client, layer, tile), tile)
            surely, at_most = parts(world, layer, tile, BUFFER - 2), parts(world, layer, tile, BUFFER + 2)
            drawn = {name for name, part in surely.items() if can_be_drawn(part, tile)}
            assert drawn - found.keys() == set(), (level, tile)
            assert found.keys() - at_most.keys() == set(), (level, tile)
            seen += len(found)
            for name, (geometry, properties) in found.items():
                assert at_most[name].buffer(3 * tile.unit).covers(geometry), (name, level)
                if name in surely:
                    assert geometry.buffer(3 * tile.unit).covers(surely[name]), (name, level)
                assert properties.get("gm_class") in (
                    catalogue.layers[layer].class_ids if catalogue.layers[layer].classes else [None]
                )
                if layer == "ramsar":
                    assert properties["namn"].startswith("Sjö ")
    assert seen > 100


def test_the_smallest_are_left_out_first_and_the_tile_says_so(world: Engine, client: TestClient) -> None:
    [tile, *_others] = tiles_around(GRIDS["SWEREF99TM"], 6)
    with world.connect() as connection:
        rows = connection.execute(text("SELECT id, size FROM feature WHERE geometrytype(geom) LIKE '%POLYGON'"))
        sizes = {row.id: row.size for row in rows}
    whole = client.get(address("ramsar", tile))
    url = SecretStr(world.url.render_as_string(hide_password=False))
    with TestClient(create_app(Settings(database_url=url, tile_features=20)), base_url="http://127.0.0.1") as sparing:
        few = sparing.get(address("ramsar", tile))
    assert ("geomiljo-incomplete" in whole.headers, few.headers["geomiljo-incomplete"]) == (False, "smallest")
    everything, kept = decoded(whole.content, tile), decoded(few.content, tile)
    assert 10 < len(kept) <= 20 < len(everything)
    assert min(sizes[name] for name in kept) >= max(sizes[name] for name in everything.keys() - kept.keys())


def address(layer: str, tile: Tile, grid: str = "SWEREF99TM") -> str:
    return ADDRESS.format(layer, grid, tile.level, tile.row, tile.column)


def test_a_tile_comes_packed_and_is_asked_for_again_by_its_tag(world: Engine, client: TestClient) -> None:
    [tile, *_others] = tiles_around(GRIDS["SWEREF99TM"], 6)
    plain = client.get(address("ramsar", tile), headers={"Accept-Encoding": "identity"})
    assert (plain.status_code, plain.headers["content-type"]) == (200, TILE_TYPE)
    assert "content-encoding" not in plain.headers
    assert plain.headers["cache-control"] == "public, max-age=60"
    with client.stream("GET", address("ramsar", tile), headers={"Accept-Encoding": "gzip"}) as packed:
        assert packed.headers["content-encoding"] == "gzip"
        assert gzip.decompress(b"".join(packed.iter_raw())) == plain.content
        assert packed.headers["etag"].startswith("W/")  # the same tile, whichever way it comes
    known = {"Accept-Encoding": "identity", "If-None-Match": plain.headers["etag"]}
    again = client.get(address("ramsar", tile), headers=known)
    assert (again.status_code, again.content) == (304, b"")
    other = client.get(address("ramsar", tile), headers={**known, "If-None-Match": '"else"'})
    assert other.status_code == 200


def test_a_new_version_has_tiles_of_its_own(
    catalogue: Catalogue, engine: Engine, database_url: str, tmp_path: Path
) -> None:
    everywhere = LoadOptions(coverage="sweden")
    [tile] = [t for t in tiles_around(GRIDS["SWEREF99TM"], 9) if shapely.box(*t.bounds).contains(point(50, 50))]
    tags: list[str] = []
    with TestClient(create_app(Settings(database_url=SecretStr(database_url)))) as client:
        for number, width in enumerate((100, 110)):
            path = write_layer(tmp_path / f"{number}.gpkg", [box(0, 0, width, 100)], NAMN=["Sjön"])
            load_layer(engine, catalogue, "ramsar", path, everywhere)
            known = {"If-None-Match": ", ".join(tags)}
            answer = client.get(address("ramsar", tile), headers=known)
            assert answer.status_code == 200
            [(geometry, _properties)] = decoded(answer.content, tile).values()
            assert np.ptp(geometry.bounds[::2]) == pytest.approx(width, abs=2 * tile.unit)
            tags.append(answer.headers["etag"])
            assert client.get(address("ramsar", tile), headers=known | {"If-None-Match": tags[-1]}).status_code == 304
    assert len(set(tags)) == 2


def test_empty_tiles_have_no_content_and_impossible_ones_are_not_found(client: TestClient) -> None:
    empty = client.get(ADDRESS.format("ramsar", "SWEREF99TM", 10, 0, 0))
    assert (empty.status_code, empty.content) == (204, b"")
    for place in ("SWEREF99TM/14/0/0", "SWEREF99TM/0/4/0", "SWEREF99TM/0/0/4", "WebMercatorQuad/19/0/0", "other/0/0/0"):
        answer = client.get(f"/ogc/collections/ramsar/tiles/{place}")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json"), place
    assert client.get(ADDRESS.format("finns_inte", "SWEREF99TM", 0, 0, 0)).status_code == 404


@pytest.mark.parametrize("level", range(5))
def test_every_tile_of_the_world_is_answered(client: TestClient, level: int) -> None:
    grid = GRIDS["WebMercatorQuad"]
    here = grid.limits((EAST, NORTH, EAST, NORTH))[level]
    for row, column in itertools.product(range(2**level), repeat=2):
        answer = client.get(address("ramsar", grid.tile(str(level), str(row), str(column)), grid.id))
        is_here = (row, column) == (here["minTileRow"], here["minTileCol"])
        assert answer.status_code == (200 if is_here else 204), (row, column)


def test_tile_sets_tell_where_the_tiles_are(client: TestClient) -> None:
    listed = client.get("/ogc/collections/ramsar/tiles").json()["tilesets"]
    assert [tile_set["tileMatrixSetId"] for tile_set in listed] == list(GRIDS)
    for tile_set in listed:
        links = {link["rel"]: link["href"] for link in tile_set["links"]}
        grid = client.get(links["http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"]).json()
        assert grid == GRIDS[tile_set["tileMatrixSetId"]].document
        described = client.get(links["self"]).json()
        limits = {limit["tileMatrix"]: limit for limit in described["tileMatrixSetLimits"]}
        middle = limits["8"]
        place = {"tileMatrix": "8", "tileRow": middle["maxTileRow"], "tileCol": middle["minTileCol"]}
        assert client.get(links["item"].format(**place)).status_code in {200, 204}
        assert set(described["layers"][0]["propertiesSchema"]["properties"]) >= {"gm_id", "namn"}


def test_tilejson_is_of_web_mercator_alone(client: TestClient) -> None:
    document = client.get("/ogc/collections/ramsar/tiles/WebMercatorQuad", params={"f": "tilejson"}).json()
    west, south, east, north = document["bounds"]
    assert 16.2 < west < 16.75 < east < 17.3
    assert 58.2 < south < 58.63 < north < 59.0
    assert document["vector_layers"][0]["id"] == "ramsar"
    [template] = document["tiles"]
    answer = client.get(template.format(z=8, x=139, y=77))
    assert answer.status_code in {200, 204}
    wrong = client.get("/ogc/collections/ramsar/tiles/SWEREF99TM", params={"f": "tilejson"})
    assert wrong.status_code == 422


def test_styles_and_legends_are_linked_and_come_as_they_say(client: TestClient) -> None:
    [listed] = client.get("/ogc/collections/ramsar/styles").json()["styles"]
    for link in listed["links"]:
        answer = client.get(link["href"])
        assert answer.status_code == 200
        assert answer.headers["content-type"].replace(" ", "") == link["type"]
        assert client.get(link["href"], headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    style = client.get(listed["links"][0]["href"]).json()
    source = style["sources"]["ramsar"]
    assert client.get(source["url"]).json()["tilejson"] == "3.0.0"
    assert client.get("/ogc/collections/ramsar/styles/other").status_code == 404
    pictures = [client.get("/ogc/collections/ramsar/legend", params={"f": "png", "scale": scale}) for scale in (1, 2)]
    assert [picture.headers["content-type"] for picture in pictures] == ["image/png"] * 2
    assert len(pictures[0].content) < len(pictures[1].content) < 20_000
    assert client.get("/ogc/collections/ramsar/legend", params={"scale": 5}).status_code == 400
