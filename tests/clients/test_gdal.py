"""GDAL reads everything: Debian's programs and the newer library inside pyogrio; so do the harvest examples."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pyogrio
import pytest
from clients.conftest import DRAFT, Municipality
from sqlalchemy import text

from docs.examples.gis import harvest_geopandas, harvest_owslib
from geomiljo.access import ANONYMOUS
from geomiljo.layers.hidden import hidden_layers
from geomiljo.publishing.visible import visible_collections

pytestmark = pytest.mark.clients
AREAS = text(
    "SELECT f.id, ST_Area(f.geom) AS area_m2 FROM feature f JOIN layer_version v ON v.id = f.version_id"
    " WHERE v.layer = :layer AND v.state = 'active'"
)


def run(program: str, *arguments: str | Path) -> str:
    assert shutil.which(program) is not None, "apt-get install gdal-bin"
    done = subprocess.run([program, *map(str, arguments)], check=True, capture_output=True, text=True, timeout=120)
    assert "ERROR" not in done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def counts(municipality: Municipality) -> dict[str, int]:
    """How many features each collection has for everybody, by the database."""
    hidden = hidden_layers(ANONYMOUS, municipality.catalogue, municipality.settings)
    with municipality.engine.connect() as connection:
        found = visible_collections(connection, municipality.catalogue, ANONYMOUS, hidden)
        return {collection.id: int(collection.count or 0) for collection in found}


@pytest.fixture(scope="module")
def areas(municipality: Municipality) -> dict[str, dict[str, float]]:
    """Area of each object of the layers of areas, by id."""
    with municipality.engine.connect() as connection:
        return {
            layer: {row.id: row.area_m2 for row in connection.execute(AREAS, {"layer": layer})}
            for layer in ("naturreservat", "jordbruksblock", "jordarter", "tatort")
        }


@pytest.fixture(scope="module")
def copy(service: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything, copied by Debian's ogr2ogr."""
    target = tmp_path_factory.mktemp("copy") / "all.gpkg"
    run("ogr2ogr", target, f"OAPIF:{service}", "-nlt", "GEOMETRY")
    return target


def test_ogrinfo_lists_every_collection(service: str, counts: dict[str, int]) -> None:
    listed = re.findall(r"^\d+: (\S+)", run("ogrinfo", f"OAPIF:{service}"), flags=re.MULTILINE)
    assert listed == list(counts)
    assert len(listed) > 30


def test_ogr2ogr_copies_every_collection_whole(copy: Path, counts: dict[str, int]) -> None:
    read = {layer: pyogrio.read_info(copy, layer=layer)["features"] for layer, _kind in pyogrio.list_layers(copy)}
    assert read == counts
    assert max(read.values()) > 1_000, "no collection has several pages"
    names = set(pyogrio.read_dataframe(copy, layer="plans")["name"])
    assert DRAFT not in names
    assert len(names) == counts["plans"]


def test_ogrinfo_pushes_filters_down(service: str, municipality: Municipality) -> None:
    told = run("ogrinfo", "-so", "-where", "NAMN = 'Lindö ekhagar'", f"OAPIF:{service}", "naturreservat")
    assert "Feature Count: 1" in told
    with municipality.engine.connect() as connection:
        box = connection.execute(
            text(
                "SELECT ST_XMin(b), ST_YMin(b), ST_XMax(b), ST_YMax(b) FROM (SELECT ST_Transform(f.geom, 4326) b"
                " FROM feature f JOIN layer_version v ON v.id = f.version_id"
                " WHERE v.layer = 'naturreservat' AND v.state = 'active' AND f.name = 'Lindö ekhagar') x"
            )
        ).one()
    inside = run("ogrinfo", "-so", "-spat", *map(str, box), f"OAPIF:{service}", "naturreservat")
    assert 1 <= int(re.findall(r"Feature Count: (\d+)", inside)[0]) < 4


def test_pyogrio_reads_every_collection_in_sweref(service: str, counts: dict[str, int]) -> None:
    address = f"OAPIF:{service}"
    assert [name for name, _kind in pyogrio.list_layers(address)] == list(counts)
    for name, count in counts.items():
        frame = pyogrio.read_dataframe(address, layer=name)
        assert len(frame) == count, name
        assert frame.crs.to_epsg() == 3006
        xmin, ymin, xmax, ymax = frame.total_bounds
        assert 250_000 < xmin <= xmax < 950_000, name
        assert 6_100_000 < ymin <= ymax < 7_700_000, name


def test_areas_are_those_of_the_database(service: str, areas: dict[str, dict[str, float]]) -> None:
    for layer, expected in areas.items():
        frame = pyogrio.read_dataframe(f"OAPIF:{service}", layer=layer)
        assert set(frame["id"]) == set(expected)
        wanted = np.array([expected[key] for key in frame["id"]])
        np.testing.assert_allclose(frame.area, wanted, rtol=1e-9)


def test_pyogrio_pushes_filters_down(service: str) -> None:
    address = f"OAPIF:{service}"
    whole = pyogrio.read_dataframe(address, layer="naturreservat")
    one = pyogrio.read_dataframe(address, layer="naturreservat", where="NAMN = 'Lindö ekhagar'")
    assert one["id"].tolist() == whole["id"][whole["NAMN"] == "Lindö ekhagar"].tolist()
    xmin, ymin, xmax, ymax = one.total_bounds
    near = pyogrio.read_dataframe(address, layer="naturreservat", bbox=(xmin, ymin, xmax, ymax))
    assert set(near["id"]) == set(whole["id"][whole.intersects(one.union_all().envelope)])


def test_owslib_harvests_to_the_last_page(service: str, counts: dict[str, int]) -> None:
    found = harvest_owslib.harvest(service, "jordbruksblock", page=300)
    assert len({feature["id"] for feature in found}) == len(found) == counts["jordbruksblock"]


def test_geopandas_harvests(service: str, counts: dict[str, int]) -> None:
    assert len(harvest_geopandas.harvest(service, "plans")) == counts["plans"]
    assert len(harvest_geopandas.harvest(service, "naturreservat", "NAMN = 'Lindö ekhagar'")) == 1


def test_one_fetch_of_a_plan_has_stable_ids_and_the_maps_system(service: str, municipality: Municipality) -> None:
    """What Origo's GEOJSON layer and Hajk's vector source fetch: everything of a plan at once, in EPSG:3006."""
    plan = municipality.plans["plan_centrum"]
    sweref = "http://www.opengis.net/def/crs/EPSG/0/3006"
    query = {"plan": plan, "limit": "2000", "crs": sweref, "profile": "crs"}
    address = f"{service}/collections/conflict-pieces/items"
    first, second = (httpx2.get(address, params=query).json() for _time in range(2))
    document: dict[str, Any] = first
    assert document["crs"]["properties"]["name"].endswith("3006")
    assert not [link for link in document["links"] if link["rel"] == "next"]
    assert document["features"]
    assert {feature["properties"]["plan"] for feature in document["features"]} == {plan}
    assert [f["id"] for f in document["features"]] == [f["id"] for f in second["features"]]
    assert len({feature["id"] for feature in document["features"]}) == len(document["features"])
