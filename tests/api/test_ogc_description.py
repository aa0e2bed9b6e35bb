"""What `/ogc` says of itself: a valid OpenAPI 3.0 document of all its routes, and what it conforms to."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from factories import box, write_layer
from fastapi.testclient import TestClient
from schemathesis.specs.openapi.definitions import OPENAPI_30
from sqlalchemy import Engine

from geomiljo.api.ogc.conformance import CLASSES
from geomiljo.catalogue import Catalogue
from geomiljo.layers.load import LoadOptions, load_layer

FEATURES = "http://www.opengis.net/spec/ogcapi-features"
NEEDED: dict[str, tuple[str, ...]] = {
    f"{FEATURES}-1/1.0/conf/core": ("/", "/conformance", "/collections", "/collections/{}", "/collections/{}/items"),
    f"{FEATURES}-1/1.0/conf/geojson": ("/collections/{}/items/{}",),
    f"{FEATURES}-1/1.0/conf/oas30": ("/api",),
    f"{FEATURES}-3/1.0/conf/queryables": ("/collections/{}/queryables",),
    f"{FEATURES}-5/1.0/conf/schemas": ("/collections/{}/schema",),
    "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/core": ("/processes", "/processes/{}/execution"),
    "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/job-list": ("/jobs",),
    "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/dismiss": ("/jobs/{}",),
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tilesets-list": ("/collections/{}/tiles",),
    "http://www.opengis.net/spec/tms/2.0/conf/tilematrixset": ("/tileMatrixSets/{}",),
}
"""Routes that stand and fall with a conformance class."""
QGIS_LOOKS_FOR = (
    f"{FEATURES}-2/1.0/conf/crs",
    f"{FEATURES}-3/1.0/conf/filter",
    f"{FEATURES}-3/1.0/conf/features-filter",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
)


@pytest.fixture
def document(client: TestClient) -> dict[str, Any]:
    answer = client.get("/ogc/api")
    assert answer.headers["content-type"] == "application/vnd.oai.openapi+json;version=3.0"
    found: dict[str, Any] = answer.json()
    return found


def bare(path: str) -> str:
    return re.sub(r"{[^}]*}", "{}", path)


def test_the_description_is_openapi_3_0(document: dict[str, Any]) -> None:
    jsonschema.Draft4Validator(OPENAPI_30).validate(document)
    text = json.dumps(document)
    assert '"type": "null"' not in text
    for reference in re.findall(r'"\$ref": "([^"]*)"', text):
        found: Any = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


def test_each_route_is_described_and_each_description_is_of_a_route(
    client: TestClient, document: dict[str, Any]
) -> None:
    from api.test_access import routes_of_the_service

    routes = {route.partition(" ")[2] for route in routes_of_the_service() if " /ogc" in route}
    served = {bare(route.removeprefix("/ogc")) or "/" for route in routes} - {"/style.css"}
    assert {bare(path) for path in document["paths"]} == served


def test_each_class_that_is_claimed_has_its_routes_and_each_route_its_class(
    client: TestClient, document: dict[str, Any]
) -> None:
    claimed = client.get("/ogc/conformance").json()["conformsTo"]
    assert claimed == list(CLASSES)
    assert len(set(claimed)) == len(claimed)
    described = {bare(path) for path in document["paths"]}
    for name, paths in NEEDED.items():
        assert (name in claimed) == described.issuperset(paths), name
    assert set(QGIS_LOOKS_FOR) <= set(claimed)


def test_parameters_are_as_the_standard_asks(document: dict[str, Any]) -> None:
    items = document["paths"]["/collections/{collectionId}/items"]["get"]["parameters"]
    named = [document["components"]["parameters"][entry["$ref"].rpartition("/")[2]] for entry in items]
    found = {entry["name"]: entry for entry in named}
    for name in ("limit", "bbox", "datetime"):
        assert (found[name]["in"], found[name]["style"], found[name]["explode"]) == ("query", "form", False)
    assert found["limit"]["schema"]["minimum"] == 1
    assert found["limit"]["schema"]["maximum"] >= 1_000
    box = found["bbox"]["schema"]
    assert (box["items"], box["minItems"], box["maxItems"]) == ({"type": "number"}, 4, 6)
    assert {each["minItems"] for each in box["oneOf"]} == {each["maxItems"] for each in box["oneOf"]} == {4, 6}


def test_pictures_and_styles_are_described_in_all_their_forms(document: dict[str, Any]) -> None:
    described = {
        name: document["paths"][f"/collections/{{collectionId}}/{path}"]["get"]
        for name, path in {"legend": "legend", "style": "styles/{styleId}"}.items()
    }
    assert {entry["name"] for entry in described["legend"]["parameters"]} >= {"f", "scale"}
    assert set(described["legend"]["responses"]["200"]["content"]) == {"image/svg+xml", "image/png"}
    assert len(described["style"]["responses"]["200"]["content"]) == 2
    for told in described.values():
        assert "204" not in told["responses"]


def test_no_route_takes_what_it_does_not_know(client: TestClient, document: dict[str, Any]) -> None:
    known = {"collectionId": "plans", "tileMatrixSetId": "WebMercatorQuad", "process_id": "echo"}
    paths = [path for path, told in document["paths"].items() if "get" in told]
    for path in paths:
        address = "/ogc" + re.sub(r"{([^}]*)}", lambda name: known.get(name[1], "0"), path).rstrip("/")
        for asked, location in {"nonsense=1": "nonsense", "lang=de": "lang", "f=nonsense": "f"}.items():
            is_tile = path.endswith("{tileCol}") and location == "f"  # it has one form, whatever is asked
            answer = client.get(f"{address}?{asked}")
            assert answer.status_code == (204 if is_tile else 400), (path, asked)
            assert is_tile or location in answer.json().get("location", answer.text)
        assert client.get(f"{address}?lang=en&f=json").status_code != 400 or "f" in named(document, path), path


def named(document: dict[str, Any], path: str) -> set[str]:
    """Return the names of a route's parameters."""
    given = document["paths"][path]["get"]["parameters"]
    return {entry.get("name") or entry["$ref"].rpartition("/")[2] for entry in given}


def test_the_landing_page_leads_everywhere(client: TestClient) -> None:
    links = client.get("/ogc").json()["links"]
    assert {"self", "alternate", "service-desc", "service-doc", "conformance", "data"} <= {
        link["rel"] for link in links
    }
    for link in links:
        assert client.get(link["href"]).status_code in {200, 401}, link


@pytest.mark.usefixtures("layers")
def test_a_date_is_read_where_nothing_is_dated(client: TestClient) -> None:
    items = "/ogc/collections/ramsar/items"
    assert client.get(items, params={"datetime": "2020-01-01/.."}).json()["numberMatched"] == 1
    assert client.get(items, params={"datetime": "2020-13-01"}).status_code == 400


def test_what_depends_on_who_asks_is_asked_for_each_time(
    client: TestClient, engine: Engine, catalogue: Catalogue, tmp_path: Path
) -> None:
    plans = "/ogc/collections/plans"
    paths = ("/ogc/collections", "/ogc/collections?f=html", plans, f"{plans}/schema", f"{plans}/items")
    tags = {}
    for path in paths:
        first = client.get(path)
        assert (first.status_code, first.headers["cache-control"]) == (200, "private, no-cache")
        assert "last-modified" not in first.headers
        tags[path] = first.headers["etag"]
        assert client.get(path, headers={"If-None-Match": tags[path]}).status_code == 304
    file = write_layer(tmp_path / "r.gpkg", [box(0, 0, 9, 9)], NAMN=["Sjön"])
    load_layer(engine, catalogue, "ramsar", file, LoadOptions())
    again = [client.get(path, headers={"If-None-Match": tags[path]}).status_code for path in paths]
    assert again == [200, 200, 304, 304, 304]
