"""Features as files over HTTP."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import geopandas
import pyogrio
import shapely
from factories import box, whole
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from geomiljo.access import LOCAL
from geomiljo.accounts.keys import KeyRequest, create_key
from geomiljo.plans.store import PlanMetadata, PlanSource, create_plan

_3006 = "http://www.opengis.net/def/crs/EPSG/0/3006"
_FORMS = ("csv", "gpkg", "fgb", "parquet", "jsonfg")
_ITEMS = "/ogc/collections/ramsar/items"


def _read(content: bytes, name: str, folder: Path) -> geopandas.GeoDataFrame:
    path = folder / f"got.{name}"
    path.write_bytes(content)
    if name == "parquet":
        return geopandas.read_parquet(path)
    return pyogrio.read_dataframe(f"JSONFG:{path}" if name == "jsonfg" else path)


def test_a_layer_as_a_file(client: TestClient, layers: Engine, tmp_path: Path) -> None:
    collection = client.get("/ogc/collections/ramsar?f=json").json()
    for name in _FORMS:
        link = next(e for e in collection["links"] if e["rel"] == "enclosure" and f"f={name}&" in e["href"])
        answer = client.get(link["href"])
        assert answer.status_code == 200
        assert answer.headers["content-type"] == link["type"]
        assert answer.headers["content-crs"] == f"<{_3006}>"
        extension = "fg.json" if name == "jsonfg" else name
        assert answer.headers["content-disposition"] == f'attachment; filename="ramsar.{extension}"'
        found = _read(answer.content, name, tmp_path)
        assert found["namn"].tolist() == ["Sjön"]
        assert shapely.equals(found.geometry.iloc[0], box(50, 0, 300, 300))
        again = client.get(link["href"], headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_a_download_is_all_that_is_asked_for(client: TestClient, layers: Engine) -> None:
    def names(**asked: Any) -> list[str]:
        answer = client.get(_ITEMS, params={"f": "csv", "properties": "namn", **asked})
        rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert answer.status_code == 200, answer.text
        return [row["namn"] for row in rows]

    assert names() == names(filter="namn LIKE 'S%'") == names(namn="Sjön") == names(limit=1) == ["Sjön"]
    assert names(bbox="6500000,600000,6500100,600100", **{"bbox-crs": _3006}) == ["Sjön"]
    assert names(filter="namn LIKE 'T%'") == names(bbox="0,0,1,1") == names(namn="Ån") == []


def test_jsonfg_is_a_profile_too(client: TestClient, layers: Engine) -> None:
    by_profile = client.get(_ITEMS, params={"profile": "jsonfg", "crs": _3006})
    assert by_profile.content == client.get(_ITEMS, params={"f": "jsonfg", "crs": _3006}).content
    assert json.loads(by_profile.content)["coordRefSys"] == _3006
    accepted = client.get(_ITEMS, headers={"Accept": "application/vnd.ogc.fg+json"})
    assert accepted.headers["content-type"] == "application/vnd.ogc.fg+json"


def test_what_is_about_pages_is_refused(client: TestClient, layers: Engine) -> None:
    for parameter in ("offset=0", "sortby=namn", "skipGeometry=true", "zoom-level=3"):
        answer = client.get(f"{_ITEMS}?f=gpkg&{parameter}")
        assert (answer.status_code, answer.json()["location"]) == (400, parameter.partition("=")[0])


def test_a_bad_filter_is_told_as_a_problem(client: TestClient, layers: Engine) -> None:
    for form in ("csv", "gpkg", "json"):
        answer = client.get(_ITEMS, params={"f": form, "filter": "nanm = 'x'", "lang": "sv"})
        problem = answer.json()
        assert (answer.status_code, problem["type"], problem["location"]) == (
            400,
            "/problems/invalid-filter",
            "filter:1",
        )
        assert "namn LIKE 'A%'" in problem["remedy"]


def test_a_download_holds_what_its_reader_may_see(client: TestClient, engine: Engine, tmp_path: Path) -> None:
    with engine.begin() as connection:
        for called, municipality in (("Hemlig", "0180"), ("Annan", "1480")):
            metadata = PlanMetadata(municipality=municipality, name=called, stage="påbörjad")
            create_plan(connection, LOCAL, metadata, whole(box(0, 0, 90, 90)), PlanSource("p.geojson", b"{}"))
        public = PlanMetadata(municipality="0180", name="Öppen", stage="samråd")
        create_plan(connection, LOCAL, public, whole(box(0, 0, 100, 100)), PlanSource("p.geojson", b"{}"))
        wanted = KeyRequest(name="planner", role="planner", municipality="0180", scope="read")
        key, _info = create_key(connection, LOCAL, wanted)
    for name in _FORMS:
        address = f"/ogc/collections/plans/items?f={name}&crs={_3006}"
        anybody = client.get(address)
        planner = client.get(address, headers={"Authorization": f"Bearer {key}"})
        assert anybody.headers["cache-control"] == "private, no-cache"
        assert _read(anybody.content, name, tmp_path)["name"].tolist() == ["Öppen"]
        assert sorted(_read(planner.content, name, tmp_path)["name"]) == ["Hemlig", "Öppen"]
