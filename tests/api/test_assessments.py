"""Kept assessments over HTTP: frozen, in every form, with what has changed since."""

from __future__ import annotations

import csv
import io
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jsonschema
import openpyxl
import pytest
import shapely
from api.cases import Headers, address, area, key_of, make
from factories import box, write_layer
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from geomiljo.catalogue import Catalogue
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.reports.tables import COLUMNS

ASSESSMENTS = "/api/v1/assessments"


@pytest.fixture
def planner(engine: Engine) -> Headers:
    return key_of(engine, "planner", municipality="0115")


@pytest.fixture
def plan(client: TestClient, layers: Engine, planner: Headers) -> dict[str, Any]:
    return make(client, planner, stage="samråd")


@pytest.fixture
def kept(client: TestClient, planner: Headers, plan: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(address(plan, "assessments"), headers=planner)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"{ASSESSMENTS}/{answer.json()['id']}?plan={plan['id']}"
    summary: dict[str, Any] = answer.json()
    return summary


def test_it_is_the_answer_of_an_unsaved_check(client: TestClient, kept: dict[str, Any]) -> None:
    document = client.get(f"{ASSESSMENTS}/{kept['id']}").json()
    unsaved = client.post("/api/v1/checks", json=area()).json()
    assert document["id"] == kept["id"] == unsaved["id"]
    jsonschema.validate(document, client.get("/api/v1/assessment.schema.json").json())
    for answer in (document, unsaved):
        del answer["createdAt"]
        for layer in answer["layers"]:
            del layer["ms"]
    assert document == unsaved
    jsonschema.validate(
        client.get(f"{ASSESSMENTS}/{kept['id']}").json(), client.get("/api/v1/assessment.schema.json").json()
    )


def test_asking_again_gives_the_same(
    client: TestClient, planner: Headers, plan: dict[str, Any], kept: dict[str, Any]
) -> None:
    again = client.post(address(plan, "assessments"), headers=planner)
    assert (again.status_code, again.json()) == (200, kept)
    frozen = client.get(f"{ASSESSMENTS}/{kept['id']}")
    assert frozen.content == client.get(f"{ASSESSMENTS}/{kept['id']}").content
    assert "immutable" in frozen.headers["cache-control"]
    known = client.get(f"{ASSESSMENTS}/{kept['id']}", headers={"If-None-Match": frozen.headers["etag"]})
    assert known.status_code == 304


def test_many_at_once_make_one(client: TestClient, engine: Engine, planner: Headers, plan: dict[str, Any]) -> None:
    barrier = threading.Barrier(6)

    def ask(_number: int) -> tuple[int, str]:
        barrier.wait()
        answer = client.post(address(plan, "assessments"), headers=planner)
        return answer.status_code, answer.json()["id"]

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(ask, range(6)))
    assert {status for status, _ in answers} <= {200, 201}
    assert len({found for _, found in answers}) == 1
    listed = client.get(address(plan, "assessments"), headers=planner).json()["assessments"]
    assert [item["id"] for item in listed] == [answers[0][1]]


@pytest.mark.parametrize("crs", ["CRS84", "EPSG:3006", "EPSG:3011", "EPSG:3857"])
def test_findings_in_any_coordinate_system(client: TestClient, kept: dict[str, Any], crs: str) -> None:
    from geomiljo.crs import parse_crs, transform_one

    params = {} if crs == "CRS84" else {"crs": crs}
    answer = client.get(f"{ASSESSMENTS}/{kept['id']}/findings", params=params)
    assert answer.headers["content-type"] == "application/geo+json"
    collection = answer.json()
    plan = shapely.geometry.shape(collection["features"][0]["geometry"])
    assert ("crs" in collection) == (crs != "CRS84")
    moved = transform_one(plan, parse_crs("OGC:CRS84" if crs == "CRS84" else crs))
    assert moved.symmetric_difference(box(0, 0, 100, 100)).area < 20
    wetland = [f for f in collection["features"] if f["properties"].get("layer") == "ramsar"]
    assert {f["properties"]["areaM2"] for f in wetland} == {5_000.0}


def test_the_map_is_a_page(client: TestClient, kept: dict[str, Any]) -> None:
    answer = client.get(f"{ASSESSMENTS}/{kept['id']}/map", params={"lang": "en"})
    assert answer.headers["content-type"].startswith("text/html")
    assert "Sjön" in answer.text


def test_csv_tells_findings_and_every_layer(client: TestClient, catalogue: Catalogue, kept: dict[str, Any]) -> None:
    answer = client.get(f"{ASSESSMENTS}/{kept['id']}", params={"f": "csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))
    assert tuple(rows[0]) == COLUMNS
    layers = {row["layer"]: row for row in rows if row["kind"] == "layer"}
    assert set(layers) == set(catalogue.layers)
    assert (layers["ramsar"]["status"], layers["ramsar"]["areaM2"]) == ("hit", "5000.0")
    assert (layers["naturreservat"]["status"], layers["naturreservat"]["reason"]) == ("not_checked", "not_loaded")
    findings = [row for row in rows if row["kind"] == "finding"]
    assert {row["layer"] for row in findings} == {"ramsar", "leder"}
    assert {row["objectName"] for row in findings if row["layer"] == "ramsar"} == {"Sjön"}


def test_xlsx_has_a_sheet_for_each_theme(client: TestClient, catalogue: Catalogue, kept: dict[str, Any]) -> None:
    document = client.get(f"{ASSESSMENTS}/{kept['id']}").json()
    answer = client.get(f"{ASSESSMENTS}/{kept['id']}", params={"f": "xlsx", "lang": "en"})
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    themes = {catalogue.layers[f["layer"]].theme for f in document["findings"]}
    assert book.sheetnames[:2] == ["Objectives", "Layers"]
    assert len(book.sheetnames) == 3 + len(themes)
    assert book["Objectives"].max_row == 17
    assert book["Layers"].max_row == 1 + len(document["layers"])
    told = {cell.value for sheet in book.worksheets[2:] for row in sheet.iter_rows() for cell in row}
    assert {"Sjön", 5_000.0, "ramsar.overlap"} <= told
    swedish = openpyxl.load_workbook(
        io.BytesIO(client.get(f"{ASSESSMENTS}/{kept['id']}", params={"f": "xlsx", "lang": "sv"}).content)
    )
    assert swedish.sheetnames[0] != "Objectives"


@pytest.mark.parametrize("name", ['=HYPERLINK("http://x")', "+1", "-1", "@a", "\t=1", "https://example.org", "x" * 300])
def test_names_from_layers_are_text_in_tables(
    client: TestClient, layers: Engine, catalogue: Catalogue, planner: Headers, tmp_path: Path, name: str
) -> None:
    hostile = write_layer(tmp_path / "hostile.gpkg", [box(50, 0, 300, 300)], NAMN=[name])
    load_layer(layers, catalogue, "ramsar", hostile, LoadOptions(coverage="sweden"))
    made = make(client, planner, stage="samråd")
    kept = client.post(address(made, "assessments"), headers=planner).json()
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{ASSESSMENTS}/{kept['id']}", params={"f": "xlsx"}).content))
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert not any(cell.hyperlink for cell in cells)
    assert any(str(cell.value).strip() == name.strip() for cell in cells)
    text = client.get(f"{ASSESSMENTS}/{kept['id']}", params={"f": "csv"}).content.decode()
    found = {row["objectName"] for row in csv.DictReader(io.StringIO(text, newline=""))} - {""}
    assert not any(value.strip().startswith(("=", "+", "-", "@")) for value in found)


def test_what_has_changed_since_is_told(
    client: TestClient,
    layers: Engine,
    catalogue: Catalogue,
    planner: Headers,
    plan: dict[str, Any],
    kept: dict[str, Any],
    tmp_path: Path,
) -> None:
    fresh = client.get(f"{ASSESSMENTS}/{kept['id']}/freshness").json()
    assert fresh == {**kept, "isStale": False, "changesSince": []}
    newer = write_layer(tmp_path / "new.gpkg", [box(90, 0, 300, 300)], NAMN=["Sjön"])
    loaded = load_layer(layers, catalogue, "ramsar", newer, LoadOptions(coverage="sweden"))
    stale = client.get(address(plan), headers=planner).json()["latestAssessment"]
    [change] = stale["changesSince"]
    assert (change["what"], change["layer"], change["to"]) == ("layer", "ramsar", loaded.version)
    second = client.post(address(plan, "assessments"), headers=planner)
    assert second.status_code == 201
    assert second.json()["id"] != kept["id"]
    client.post(address(plan, "versions"), json=area(box(0, 0, 50, 50)), headers=planner)
    listed = client.get(address(plan, "assessments"), headers=planner).json()["assessments"]
    assert [[change["what"] for change in item["changesSince"]] for item in listed] == [["plan"], ["plan", "layer"]]
    old = client.post(address(plan, "assessments"), params={"version": 1}, headers=planner)
    assert (old.status_code, old.json()["id"]) == (200, second.json()["id"])
    wetland = client.get(f"{ASSESSMENTS}/{kept['id']}/findings", params={"crs": "EPSG:3006"}).json()["features"]
    shapes = [shapely.geometry.shape(f["geometry"]) for f in wetland if f["properties"].get("layer") == "ramsar"]
    assert shapes[0].equals(box(50, 0, 100, 100))  # from the version that it was made with


def test_the_list_of_plans_is_filtered_by_findings(client: TestClient, kept: dict[str, Any]) -> None:
    assert kept["severity"] is not None
    for asked in ({"severity": kept["severity"]}, {"objective": kept["touched"][0]}):
        [found] = client.get("/api/v1/plans", params=asked).json()["plans"]
        assert found["latestAssessment"]["id"] == kept["id"]
    untouched = next(number for number in range(1, 17) if number not in kept["touched"])
    assert client.get("/api/v1/plans", params={"objective": untouched}).json()["plans"] == []


def test_a_draft_has_no_assessment_for_others(client: TestClient, layers: Engine, planner: Headers) -> None:
    draft = make(client, planner, stage="påbörjad")
    kept = client.post(address(draft, "assessments"), headers=planner).json()
    reviewer = key_of(layers, "reviewer", county="01")
    for headers in ({}, reviewer, key_of(layers, "planner", municipality="0180")):
        for rest in ("", "/findings", "/map", "/freshness", "?f=csv", "?f=xlsx"):
            assert client.get(f"{ASSESSMENTS}/{kept['id']}{rest}", headers=headers).status_code == 404
        assert client.get(address(draft, "assessments"), headers=headers).status_code == 404
        assert client.post(address(draft, "assessments"), headers=headers).status_code in (401, 404)
    assert client.get(f"{ASSESSMENTS}/{kept['id']}", headers=planner).status_code == 200


def test_a_twin_plan_shares_the_id_and_is_chosen_by_plan(
    client: TestClient, layers: Engine, planner: Headers, plan: dict[str, Any], kept: dict[str, Any]
) -> None:
    twin = make(client, key_of(layers, "planner", municipality="0180"), municipality="0180")
    elsewhere = key_of(layers, "planner", municipality="0180")
    twin_kept = client.post(address(twin, "assessments"), headers=elsewhere).json()
    assert twin_kept["id"] == kept["id"]
    for headers, params, owner in (
        (planner, {}, plan),
        (elsewhere, {}, twin),
        (elsewhere, {"plan": plan["id"]}, plan),
    ):
        answer = client.get(f"{ASSESSMENTS}/{kept['id']}/freshness", params=params, headers=headers)
        assert answer.json()["plan"] == owner["id"]
    assert client.get(f"{ASSESSMENTS}/{kept['id']}", params={"plan": twin["id"]}, headers=planner).status_code == 404


def test_what_is_not_there(client: TestClient, planner: Headers, plan: dict[str, Any]) -> None:
    assert client.get(f"{ASSESSMENTS}/{'0' * 32}").json()["type"] == "/problems/not-found"
    ask = address(plan, "assessments")
    assert client.post(ask, params={"version": 9}, headers=planner).status_code == 404
    assert client.post(ask, params={"layerSet": "x"}, headers=planner).status_code == 404
    assert client.post(ask).status_code == 401


def test_what_is_missed_is_kept_and_shown(
    client: TestClient, engine: Engine, catalogue: Catalogue, planner: Headers, tmp_path: Path
) -> None:
    """A finding about something that is not there: in every form, reviewed, compared and added up."""
    far = write_layer(tmp_path / "green.gpkg", [box(5_000, 5_000, 5_100, 5_100)])
    load_layer(engine, catalogue, "gronomraden_scb", far, LoadOptions(coverage="sweden"))
    body = {"municipality": "0115", "name": "Björkby", "stage": "samråd", "area": area()}
    kept = client.post("/api/v1/plans", params={"use": "B"}, json=body, headers=planner).json()
    first = client.post(address(kept, "assessments"), headers=planner)
    assert first.status_code == 201, first.text
    path = f"/api/v1/assessments/{first.json()['id']}"
    [finding] = client.get(path).json()["findings"]
    assert (finding["rule"], [f["id"] for f in finding["features"]]) == ("gronomraden_scb.absent", ["plan"])
    for form in ("", "?f=csv", "?f=xlsx", "/findings", "/map"):
        assert client.get(path + form).status_code == 200, form
    said = {"finding": finding["id"], "stance": "dispute", "reason": "Parken är anlagd"}
    assert client.post(f"{path}/reviews", json=said, headers=planner).status_code == 201
    assert client.get(f"{path}/reviews").json()["disputed"] == [finding["id"]]
    client.post(address(kept, "versions"), params={"use": "J"}, json=area(), headers=planner)
    second = client.post(address(kept, "assessments"), headers=planner).json()["id"]
    compared = client.get(f"{path}/compare", params={"with": second}).json()
    assert {d["cause"]["kind"] for part in ("findings", "objectives") for d in compared[part]} == {"plan"}
    assert client.get("/api/v1/ledger").status_code == 200
