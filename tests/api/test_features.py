"""OGC API Features: each parameter against plain SQL, paging, axes, and what clients may keep."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pyarrow as pa
import pytest
import shapely
from databases import engine_at, fresh_database
from factories import EAST, NORTH, write_layer
from fastapi.testclient import TestClient
from pydantic import SecretStr
from pyproj import CRS, Transformer
from sqlalchemy import Engine, text

from geomiljo.api import create_app
from geomiljo.catalogue import Catalogue
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.publishing.systems import SYSTEMS
from geomiljo.settings import Settings

COUNT = 450
LAYER, ITEMS = "avverkningsanmalan", "/ogc/collections/avverkningsanmalan/items"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"


def objects(moved: float = 0.0) -> tuple[list[shapely.Polygon], dict[str, list[Any]]]:
    """Return squares in a grid of 25 columns, 500 m apart, with attributes of each kind, some of them missing."""
    rng = np.random.default_rng(7)
    shapes = [
        shapely.box(
            EAST + 500 * (n % 25) + moved,
            NORTH + 500 * (n // 25),
            EAST + 500 * (n % 25) + 300,
            NORTH + 500 * (n // 25) + 300,
        )
        for n in range(COUNT)
    ]
    columns: dict[str, list[Any]] = {
        "Beteckn": [f"t{n:03}" for n in range(COUNT)],
        "Andamal": [None if n % 10 == 0 else f"typ {n % 7}" for n in range(COUNT)],
        "Inkomdatum": [None if n % 9 == 0 else f"20{n % 20 + 10}-0{n % 9 + 1}-15" for n in range(COUNT)],
        "antal": [int(v) for v in rng.integers(0, 40, COUNT)],
        "hojd": [None if n % 11 == 0 else round(n % 13 * 1.11, 2) for n in range(COUNT)],
    }
    return shapes, columns


@pytest.fixture(scope="module")
def features(
    cluster_url: str, migrated_template: str, catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[TestClient, Engine]]:
    with fresh_database(cluster_url, migrated_template) as url, engine_at(url) as engine:
        load(engine, catalogue, tmp_path_factory.mktemp("layer"))
        settings = Settings(database_url=SecretStr(url), rate_limit_anonymous="1000000/minute")
        with TestClient(create_app(settings), base_url="http://127.0.0.1") as client:
            yield client, engine


def load(engine: Engine, catalogue: Catalogue, folder: Path, moved: float = 0.0) -> None:
    shapes, columns = objects(moved)
    path = write_layer(folder / f"t{moved:.0f}.gpkg", shapes, 3006, **columns)
    load_layer(engine, catalogue, LAYER, path, LoadOptions())


def ids(client: TestClient, **parameters: Any) -> list[str]:
    answer = client.get(ITEMS, params={"limit": 10_000, **parameters})
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert document["numberReturned"] == len(document["features"])
    assert document.get("numberMatched", document["numberReturned"]) == document["numberReturned"]
    return [feature["id"] for feature in document["features"]]


def expected(engine: Engine, condition: str, order: str = "number") -> list[str]:
    with engine.connect() as connection:
        query = f"SELECT id FROM feature WHERE {condition} ORDER BY {order}"  # noqa: S608 - our own words
        return list(connection.scalars(text(query)))


BOX_3006 = (EAST + 1_100, NORTH + 700, EAST + 3_100, NORTH + 2_900)
IN_BOX = "ST_Intersects(geom, ST_MakeEnvelope({}, {}, {}, {}, 3006))".format(*BOX_3006)
DEGREES = "16.74,58.64,16.80,58.66"
IN_DEGREES = (
    "ST_Intersects(geom, ST_Transform(ST_Segmentize(ST_MakeEnvelope(16.74, 58.64, 16.80, 58.66, 4326), 0.001), 3006))"
)
PARAMETERS: dict[str, tuple[dict[str, str], str]] = {
    "bbox": ({"bbox": DEGREES}, IN_DEGREES),
    "bbox with heights": ({"bbox": "16.74,58.64,0,16.80,58.66,9"}, IN_DEGREES),
    "bbox latitude first": ({"bbox": "58.64,16.74,58.66,16.80", "bbox-crs": f"{EPSG}4326"}, IN_DEGREES),
    "bbox northing first": (
        {"bbox": f"{BOX_3006[1]},{BOX_3006[0]},{BOX_3006[3]},{BOX_3006[2]}", "bbox-crs": f"{EPSG}3006"},
        IN_BOX,
    ),
    "day": ({"datetime": "2015-06-15"}, "attributes->>'Inkomdatum' = '2015-06-15'"),
    "since": ({"datetime": "2020-01-01/.."}, "attributes->>'Inkomdatum' >= '2020-01-01'"),
    "until": ({"datetime": "../2012-12-31T23:59:59Z"}, "attributes->>'Inkomdatum' <= '2012-12-31'"),
    "between": ({"datetime": "2012-01-01/2014-12-31"}, "attributes->>'Inkomdatum' BETWEEN '2012' AND '2015'"),
    "text": ({"Andamal": "typ 3"}, "attributes->>'Andamal' = 'typ 3'"),
    "whole number": ({"antal": "7"}, "(attributes->>'antal')::int = 7"),
    "number": ({"hojd": "7.770"}, "(attributes->>'hojd')::float = 7.77"),
    "date": ({"Inkomdatum": "2015-06-15"}, "attributes->>'Inkomdatum' = '2015-06-15'"),
    "filter": (
        {"filter": "antal >= 20 AND Andamal = 'typ 2'"},
        "(attributes->>'antal')::int >= 20 AND attributes->>'Andamal' = 'typ 2'",
    ),
    "filter with not": ({"filter": "NOT (Andamal = 'typ 2')"}, "attributes->>'Andamal' <> 'typ 2'"),
    "filter as GDAL says": (
        {"filter": "Andamal IS NULL", "filter-lang": "cql-text"},
        "attributes->>'Andamal' IS NULL",
    ),
    "filter as JSON": (
        {"filter": json.dumps({"op": "<", "args": [{"property": "hojd"}, 2]}), "filter-lang": "cql2-json"},
        "(attributes->>'hojd')::float < 2",
    ),
    "filter with a place": (
        {
            "filter": f"S_INTERSECTS(geometry, BBOX({BOX_3006[1]}, {BOX_3006[0]}, {BOX_3006[3]}, {BOX_3006[2]}))",
            "filter-crs": f"{EPSG}3006",
        },
        IN_BOX,
    ),
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_each_parameter_finds_what_plain_sql_finds(features: tuple[TestClient, Engine], name: str) -> None:
    client, engine = features
    parameters, condition = PARAMETERS[name]
    wanted = expected(engine, condition)
    assert 0 < len(wanted) < COUNT
    assert ids(client, **parameters) == wanted


def test_parameters_together_find_what_all_of_them_find(features: tuple[TestClient, Engine]) -> None:
    client, engine = features
    names = list(PARAMETERS)
    for first, second in zip(names, names[5:], strict=False):
        (one, condition), (other, further) = PARAMETERS[first], PARAMETERS[second]
        if not set(one) & set(other):
            assert ids(client, **one, **other) == expected(engine, f"{condition} AND {further}"), (first, second)


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("antal", "(attributes->>'antal')::int, number"),
        ("-hojd", "(attributes->>'hojd')::float DESC NULLS LAST, number"),
        (
            "Andamal,-antal",
            "attributes->>'Andamal' COLLATE \"default\" NULLS LAST, (attributes->>'antal')::int DESC, number",
        ),
    ],
)
def test_sorted_pages_follow_each_other(features: tuple[TestClient, Engine], sort: str, order: str) -> None:
    client, engine = features
    assert walked(client, sortby=sort, limit=70) == expected(engine, "true", order)


def walked(client: TestClient, rel: str = "next", **parameters: Any) -> list[str]:
    """Return the ids of all pages."""
    document = client.get(ITEMS, params=parameters).json()
    found: list[str] = []
    while True:
        found += [feature["id"] for feature in document["features"]]
        following = link(document, rel)
        if following is None:
            return found
        document = client.get(following).json()


def link(document: dict[str, Any], rel: str) -> str | None:
    return next((entry["href"] for entry in document["links"] if entry["rel"] == rel), None)


@pytest.mark.parametrize("limit", [1, 7, 100, 449, 450, 10_000])
def test_pages_hold_everything_once(features: tuple[TestClient, Engine], limit: int) -> None:
    client, engine = features
    if limit == 1:
        assert walked(client, limit=1, Andamal="typ 3") == expected(engine, "attributes->>'Andamal' = 'typ 3'")
    else:
        assert walked(client, limit=limit) == expected(engine, "true")


def test_the_page_before_is_the_one_that_was_left(features: tuple[TestClient, Engine]) -> None:
    client, _engine = features
    first = client.get(ITEMS, params={"limit": 100}).json()
    second = client.get(str(link(first, "next"))).json()
    third = client.get(str(link(second, "next"))).json()
    back = client.get(str(link(third, "prev"))).json()
    assert back["features"] == second["features"]
    assert client.get(str(link(back, "next"))).json()["features"] == third["features"]
    by_offset = client.get(ITEMS, params={"limit": 100, "offset": 200}).json()
    assert by_offset["features"] == third["features"]
    assert client.get(str(link(by_offset, "prev"))).json()["features"] == second["features"]


def test_pages_of_a_version_stay_while_the_layer_is_loaded_anew(
    features: tuple[TestClient, Engine], catalogue: Catalogue, tmp_path: Path
) -> None:
    client, engine = features
    before = expected(engine, "version_id = (SELECT id FROM layer_version WHERE state = 'active')")
    document = client.get(ITEMS, params={"limit": 130, "crs": f"{EPSG}3006"}).json()
    tag = client.get(ITEMS).headers["etag"]
    load(engine, catalogue, tmp_path, moved=20.0)
    try:
        found = [feature["id"] for feature in document["features"]]
        while following := link(document, "next"):
            document = client.get(following).json()
            found += [feature["id"] for feature in document["features"]]
            east = {point[1] for f in document["features"] for point in f["geometry"]["coordinates"][0]}
            assert all((x - EAST) % 500 in (0.0, 300.0) for x in east)
        assert found == before
        again = client.get(ITEMS, headers={"If-None-Match": tag})
        assert again.status_code == 200
        assert again.headers["etag"] != tag
        assert again.json()["numberMatched"] == COUNT
    finally:
        load(engine, catalogue, tmp_path)
        with engine.begin() as connection:
            connection.execute(
                text("DELETE FROM feature WHERE version_id = (SELECT id FROM layer_version WHERE state = 'kept')")
            )
            connection.execute(text("DELETE FROM layer_version WHERE state = 'kept'"))


def test_a_version_that_is_no_longer_kept_is_gone(features: tuple[TestClient, Engine]) -> None:
    from geomiljo.publishing.places import Place

    client, _engine = features
    answer = client.get(ITEMS, params={"cursor": Place("987654", "", (3,)).text()})
    assert answer.status_code == 410
    assert "/ogc/collections/avverkningsanmalan/items" in answer.json()["remedy"]


@pytest.mark.parametrize("uri", SYSTEMS)
def test_axes_stand_in_the_order_of_the_authority(features: tuple[TestClient, Engine], uri: str) -> None:
    client, _engine = features
    system = SYSTEMS[uri]
    answer = client.get(f"{ITEMS}/t000", params={"crs": uri})
    assert answer.headers["content-crs"] == f"<{uri}>"
    authority = CRS.from_user_input("OGC:CRS84") if uri.endswith("CRS84") else CRS.from_epsg(system.srid)
    strict = Transformer.from_crs(
        CRS.from_epsg(3006), authority
    )  # northing before easting in, the authority's order out
    want = strict.transform(NORTH, EAST)
    corners = np.array(answer.json()["geometry"]["coordinates"][0])
    assert np.abs(corners - want).max(axis=1).min() < (2e-8 if authority.is_geographic else 2e-3)


def test_the_default_system_is_told(features: tuple[TestClient, Engine]) -> None:
    client, _engine = features
    for path in (ITEMS, f"{ITEMS}/t001"):
        assert client.get(path).headers["content-crs"] == "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>"
    old = client.get(ITEMS, params={"limit": 1, "profile": "crs", "crs": f"{EPSG}3011"}).json()
    assert old["crs"]["properties"]["name"] == "urn:ogc:def:crs:EPSG::3011"


def test_stored_coordinates_arrive_with_every_digit(features: tuple[TestClient, Engine]) -> None:
    client, engine = features
    document = client.get(ITEMS, params={"crs": f"{EPSG}3006", "limit": 450}).json()
    with engine.connect() as connection:
        areas: dict[str, float] = {
            row.id: row.area for row in connection.execute(text("SELECT id, ST_Area(geom) AS area FROM feature"))
        }
    for feature in document["features"]:
        area = shapely.from_geojson(json.dumps(feature["geometry"])).area
        assert area == pytest.approx(areas[feature["id"]], rel=1e-12)


@pytest.mark.parametrize(
    "parameters",
    [
        {"bbox": "1,2,3"},
        {"bbox": "a,b,c,d"},
        {"bbox": "1,2,nan,4"},
        {"bbox": "17,59,18,58"},
        {"bbox": "17,59,18,60", "bbox-crs": f"{EPSG}2400"},
        {"crs": "EPSG:3006"},
        {"bbox-crs": f"{EPSG}3006"},
        {"limit": "0"},
        {"limit": "-1"},
        {"limit": "ten"},
        {"offset": "100001"},
        {"datetime": "yesterday"},
        {"datetime": "2020-01-01/2019-01-01"},
        {"datetime": ".."},
        {"lang": "de"},
        {"sortby": "nothing"},
        {"sortby": "antal,antal"},
        {"properties": "nothing"},
        {"skipGeometry": "perhaps"},
        {"zoom-level": "99"},
        {"profile": "new"},
        {"cursor": "xxxx"},
        {"f": "xml"},
        {"antal": "many"},
        {"unknown": "1"},
        {"filter": "antal >"},
        {"filter": "nothing = 1"},
        {"filter-lang": "cql2-text"},
        {"filter": "antal = 1", "filter-lang": "sql"},
        {"Andamal": "a\0b"},
    ],
)
def test_what_is_at_fault_is_400_and_says_where(
    features: tuple[TestClient, Engine], parameters: dict[str, str]
) -> None:
    client, _engine = features
    answer = client.get(ITEMS, params=parameters)
    assert answer.status_code == 400, answer.text
    problem = answer.json()
    assert problem["detail"]
    assert problem["remedy"]
    assert problem["location"].partition(":")[0].partition("#")[0] in parameters


@pytest.mark.parametrize("feature_id", ["nothing", "a%00b", "%27", "t001%20"])
def test_a_feature_that_is_not_there_is_not_found(features: tuple[TestClient, Engine], feature_id: str) -> None:
    client, _engine = features
    assert client.get(f"{ITEMS}/{feature_id}").status_code == 404
    assert client.get(f"/ogc/collections/{feature_id}/items").status_code == 404


@pytest.mark.parametrize(
    "box",
    [
        "-180,-90,180,90",
        "170,-10,-170,10",
        "-10,-5,10,5",
        "-180,80,180,90",
        "0,-90,20,-80",
        "16,58,16,58",
        "16,58,16,59",
    ],
)
def test_boxes_anywhere_on_earth_are_answered(features: tuple[TestClient, Engine], box: str) -> None:
    client, _engine = features
    document = client.get(ITEMS, params={"bbox": box}).json()
    assert document["numberMatched"] == (COUNT if box.startswith("-180,-90") else 0)


def test_properties_and_geometry_are_given_as_asked(features: tuple[TestClient, Engine]) -> None:
    client, _engine = features
    [whole] = client.get(ITEMS, params={"limit": 1}).json()["features"]
    [part] = client.get(ITEMS, params={"limit": 1, "properties": "antal,hojd", "skipGeometry": "true"}).json()[
        "features"
    ]
    assert part["geometry"] is None
    assert part["properties"] == {name: whole["properties"][name] for name in ("antal", "hojd")}
    coarse = client.get(ITEMS, params={"limit": 1, "zoom-level": "3"}).json()["features"][0]
    assert coarse["properties"] == whole["properties"]


def test_what_a_client_has_is_not_sent_again(features: tuple[TestClient, Engine]) -> None:
    client, _engine = features
    layer = f"/ogc/collections/{LAYER}"
    documents = ("/ogc", "/ogc/conformance", "/ogc/api", layer, f"{layer}/queryables", f"{layer}/schema")
    pages = [f"{path}?f=html" for path in documents]
    for path in (ITEMS, f"{ITEMS}/t002", *documents, *pages):
        first = client.get(path)
        assert (first.status_code, first.headers["cache-control"]) == (200, "public, max-age=60")
        for name, value in (
            ("If-None-Match", first.headers["etag"]),
            ("If-Modified-Since", first.headers["last-modified"]),
        ):
            again = client.get(path, headers={name: value})
            assert (again.status_code, again.content) == (304, b"")
        for date in ("Thu, 26 Nov 2099 00:00:00 GMT", "Thu, 26 Nov 1999 00:00:00 GMT", "yesterday"):
            assert client.get(path, headers={"If-Modified-Since": date}).status_code == 200
        if path not in {"/ogc/conformance", "/ogc/api"}:
            other = client.get(path, params={"lang": "en"}, headers={"If-None-Match": first.headers["etag"]})
            assert other.status_code == 200


def test_a_feature_links_to_itself_and_its_collection(features: tuple[TestClient, Engine]) -> None:
    client, _engine = features
    feature = client.get(f"{ITEMS}/t003").json()
    links = {entry["rel"]: entry for entry in feature["links"]}
    assert client.get(links["self"]["href"]).json() == feature
    assert links["self"]["type"] == "application/geo+json"
    assert client.get(links["alternate"]["href"]).headers["content-type"].startswith("text/html")
    assert client.get(links["collection"]["href"]).json()["id"] == LAYER
    assert client.get(f"{ITEMS}/nothing").status_code == 404


def pages(client: TestClient) -> Iterator[httpx2.Response]:
    for path in (
        "/ogc",
        "/ogc/conformance",
        "/ogc/api",
        "/ogc/collections",
        f"/ogc/collections/{LAYER}",
        f"{ITEMS}/t001",
    ):
        yield client.get(path, headers={"Accept": "text/html,application/json;q=0.5"})
    yield client.get(ITEMS, params={"f": "html", "limit": 5})


def test_pages_for_people_hold_no_script(features: tuple[TestClient, Engine]) -> None:
    client, _engine = features
    for page in pages(client):
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        assert "<script" not in page.text
        assert "script-src" not in page.headers["content-security-policy"]
        assert '<html lang="sv">' in page.text
        assert 'rel="alternate" type="application/json"' in page.text


def test_the_list_says_what_each_collection_says(features: tuple[TestClient, Engine]) -> None:
    client, _engine = features
    listed = client.get("/ogc/collections").json()
    assert [entry["id"] for entry in listed["collections"]] == ["plans", "findings", "conflict-pieces", LAYER]
    for entry in listed["collections"]:
        assert client.get(f"/ogc/collections/{entry['id']}").json() == entry
    [layer] = [entry for entry in listed["collections"] if entry["id"] == LAYER]
    assert layer["itemCount"] == COUNT
    assert layer["storageCrs"] in layer["crs"]
    west, south, east, north = layer["extent"]["spatial"]["bbox"][0]
    assert len(ids(client, bbox=f"{west},{south},{east},{north}")) == COUNT
    assert layer["extent"]["temporal"]["interval"] == [["2010-02-15T00:00:00Z", "2029-09-15T00:00:00Z"]]
    schema = client.get(f"/ogc/collections/{LAYER}/queryables").json()["properties"]
    assert {name: told.get("type") for name, told in schema.items()} == {
        "Beteckn": "string",
        "Andamal": "string",
        "Inkomdatum": "string",
        "antal": "integer",
        "hojd": "number",
        "geometry": None,
    }


@pytest.mark.parametrize(("asked", "given"), [("gzip", "gzip"), ("zstd", "zstd"), ("gzip, zstd;q=0", "gzip")])
@pytest.mark.parametrize("limit", [50, 450])
def test_long_answers_are_packed_for_those_who_take_it(
    features: tuple[TestClient, Engine], limit: int, asked: str, given: str
) -> None:
    client, _engine = features
    plain = client.get(ITEMS, params={"limit": limit}, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    with client.stream("GET", ITEMS, params={"limit": limit}, headers={"Accept-Encoding": asked}) as packed:
        assert packed.headers["content-encoding"] == given
        assert "Accept-Encoding" in packed.headers["vary"]
        content = unpacked(b"".join(packed.iter_raw()), given)
    assert json.loads(content)["features"] == plain.json()["features"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/ogc/api?f=json", "application/vnd.oai.openapi+json"),
        ("/ogc/collections/plans/queryables", "application/schema+json"),
        (f"{ITEMS}?f=jsonfg", "application/vnd.ogc.fg+json"),
        (f"{ITEMS}?f=csv&limit=450", "text/csv"),
    ],
)
def test_every_kind_of_text_is_packed(features: tuple[TestClient, Engine], path: str, kind: str) -> None:
    client, _engine = features
    answer = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
    assert answer.headers["content-encoding"] == "gzip"


def unpacked(content: bytes, encoding: str) -> bytes:
    if encoding == "gzip":
        return gzip.decompress(content)
    return bytes(pa.CompressedInputStream(pa.BufferReader(content), "zstd").read())


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("version=3000000000", 200),
        ("version=9223372036854775808", 400),
        ("touched=3000000000", 200),
        ("touched=9223372036854775808", 400),
        ("touched=-1", 200),
    ],
)
def test_numbers_that_no_column_holds_find_nothing_or_are_refused(
    features: tuple[TestClient, Engine], asked: str, status: int
) -> None:
    client, _engine = features
    answer = client.get(f"/ogc/collections/plans/items?{asked}")
    assert answer.status_code == status
    assert answer.json().get("features", []) == []
