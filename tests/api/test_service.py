"""The first slice of the service: checks, registers, problems, operations."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pyogrio
import pytest
import shapely
from factories import box, point, write_layer
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from geomiljo.analysis.document import json_schema
from geomiljo.crs import WIRE_CRS, parse_crs, transform_one

PLAN_3006 = box(0, 0, 100, 100)


def geojson(shape: shapely.Geometry = PLAN_3006) -> dict[str, object]:
    document: dict[str, object] = json.loads(shapely.to_geojson(transform_one(shape, parse_crs(3006), WIRE_CRS)))
    return document


def test_a_check_answers_with_an_assessment(client: TestClient, layers: Engine) -> None:
    answer = client.post("/api/v1/checks", json=geojson())
    assert answer.status_code == 200
    document = answer.json()
    jsonschema.validate(document, json_schema())
    finding = next(f for f in document["findings"] if f["rule"] == "ramsar.overlap")
    assert finding["areaM2"] == pytest.approx(5_000, abs=0.5)
    assert {layer["id"] for layer in document["layers"]} >= {"ramsar", "leder", "lan", "kommun", "nmd"}


@pytest.mark.parametrize("wrap", ["geometry", "feature", "collection"])
def test_geometry_feature_and_collection(client: TestClient, layers: Engine, wrap: str) -> None:
    body: dict[str, object] = geojson()
    if wrap != "geometry":
        body = {"type": "Feature", "properties": {}, "geometry": body}
    if wrap == "collection":
        body = {"type": "FeatureCollection", "features": [body]}
    assert client.post("/api/v1/checks", json=body).status_code == 200


@pytest.mark.parametrize("how", ["query", "header", "member"])
def test_coordinates_in_sweref(client: TestClient, layers: Engine, how: str) -> None:
    body = json.loads(shapely.to_geojson(PLAN_3006))
    uri = "http://www.opengis.net/def/crs/EPSG/0/3006"
    if how == "member":
        body["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3006"}}
    answer = client.post(
        "/api/v1/checks",
        json=body,
        params={"crs": "3006"} if how == "query" else {},
        headers={"Content-Crs": f"<{uri}>"} if how == "header" else {},
    )
    assert answer.status_code == 200
    assert answer.json()["area"]["areaM2"] == pytest.approx(10_000)


def test_an_uploaded_file(client: TestClient, layers: Engine, tmp_path: Path) -> None:
    path = write_layer(tmp_path / "plan.gpkg", [PLAN_3006], namn=["Kvarteret"])
    with path.open("rb") as file:
        answer = client.post("/api/v1/checks", files={"file": ("plan.gpkg", file)}, params={"use": "B"})
    assert answer.status_code == 200
    assert answer.json()["area"]["parts"][0]["uses"] == ["B"]


def test_findings_as_geojson(client: TestClient, layers: Engine, tmp_path: Path) -> None:
    for options in ({"params": {"f": "geojson"}}, {"headers": {"Accept": "application/geo+json"}}):
        answer = client.post("/api/v1/checks", json=geojson(), **options)  # type: ignore[arg-type]
        assert answer.headers["content-type"] == "application/geo+json"
        path = tmp_path / "findings.geojson"
        path.write_bytes(answer.content)
        assert pyogrio.read_dataframe(path).geometry.is_valid.all()


def test_a_map_in_the_language_that_is_asked_for(client: TestClient, layers: Engine) -> None:
    swedish = client.post("/api/v1/checks?f=html", json=geojson())
    english = client.post("/api/v1/checks?f=html", json=geojson(), headers={"Accept-Language": "en-GB,sv;q=0.5"})
    assert '<html lang="sv"' in swedish.text
    assert '<html lang="en"' in english.text


def test_tables_of_a_check(client: TestClient, layers: Engine) -> None:
    lines = client.post("/api/v1/checks?f=csv", json=geojson()).text.splitlines()
    assert any(line.startswith("finding,") and "Sjön" in line for line in lines)
    workbook = client.post("/api/v1/checks?f=xlsx", json=geojson())
    assert workbook.content.startswith(b"PK")
    assert workbook.headers["content-type"].endswith("spreadsheetml.sheet")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 422, "invalid-input"),
        (b"{", 400, "unreadable-file"),
        (b"[1]", 400, "unreadable-file"),
        (json.dumps({"type": "Nope"}).encode(), 400, "unreadable-file"),
        (shapely.to_geojson(shapely.Point(15, 60)).encode(), 422, "unsupported-geometry"),
        (shapely.to_geojson(shapely.box(2, 48, 2.1, 48.1)).encode(), 422, "outside-sweden"),
        (b"x" * 1_100_000, 413, "limit-exceeded"),
    ],
)
def test_bad_input_is_a_problem(client: TestClient, body: bytes, status: int, code: str) -> None:
    answer = client.post("/api/v1/checks", content=body, headers={"Content-Type": "application/json"})
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (status, f"/problems/{code}")
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["detail"]
    assert problem["remedy"]
    assert problem["requestId"] == answer.headers["x-request-id"]


def test_every_kind_of_problem_has_a_page(client: TestClient) -> None:
    kinds = client.get("/problems").json()
    codes = ("missing-crs", "wrong-crs", "internal")
    assert {kind["type"] for kind in kinds} >= {f"/problems/{code}" for code in codes}
    assert client.get("/problems/wrong-crs").json()["type"] == "/problems/wrong-crs"
    assert client.get("/problems/nope").status_code == 404


def test_registers(client: TestClient, layers: Engine) -> None:
    rows = {row["id"]: row for row in client.get("/api/v1/layers").json()}
    assert len(rows) == 98
    assert (rows["ramsar"]["state"], rows["naturreservat"]["state"]) == ("active", "not_loaded")
    assert client.get("/api/v1/layers/ramsar").json()["id"] == "ramsar"
    objectives = client.get("/api/v1/objectives").json()["objectives"]
    assert [o["number"] for o in objectives] == list(range(1, 17))
    assert "ramsar.overlap" in client.get("/api/v1/objectives/11").json()["rules"]
    rules = client.get("/api/v1/rules", params={"layer": "ramsar"}).json()
    assert "ramsar.overlap" in {rule["id"] for rule in rules}
    assert client.get("/api/v1/rules/ramsar.overlap").json()["layer"] == "ramsar"


@pytest.mark.parametrize("path", ["/api/v1/layers/nope", "/api/v1/rules/nope", "/api/v1/objectives/17", "/nope"])
def test_what_does_not_exist_is_a_problem(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_health_and_readiness(client: TestClient, engine: Engine) -> None:
    assert client.get("/health").json()["status"] == "ok"
    assert client.get("/ready").status_code == 200
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'other'"))
    assert client.get("/ready").status_code == 503


def test_a_database_that_fails_is_a_problem_without_internals(client: TestClient, layers: Engine) -> None:
    with layers.begin() as connection:
        connection.execute(text("DROP TABLE layer_off"))
    answer = client.post("/api/v1/checks", json=geojson())
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/database")
    assert "layer_off" not in answer.text


def test_the_schema_and_the_description_are_served(client: TestClient) -> None:
    assert client.get("/api/v1/assessment.schema.json").json() == json_schema()
    description = client.get("/api/openapi.json").json()
    assert "/api/v1/checks" in description["paths"]


def test_points_are_refused_in_the_language_of_the_caller(client: TestClient) -> None:
    body = json.loads(shapely.to_geojson(transform_one(point(0, 0), parse_crs(3006), WIRE_CRS)))
    swedish = client.post("/api/v1/checks", json=body).json()["detail"]
    english = client.post("/api/v1/checks?lang=en", json=body).json()["detail"]
    assert swedish != english


def test_the_description_has_a_page_of_its_own(client: TestClient) -> None:
    page = client.get("/api/docs?lang=en")
    assert '<html lang="en">' in page.text
    own = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert own == ["docs/swagger_ui_css", "docs/swagger_ui", "docs/start"]
    assert [client.get(f"/api/{path}").status_code for path in own] == [200, 200, 200]
    assert client.get("/api/docs/other").status_code == 404
