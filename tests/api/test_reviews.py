"""From consultation to review over HTTP: a dispute, a new geometry, a comparison, a ledger, a log."""

from __future__ import annotations

import csv
import io
from typing import Any

import orjson
import pytest
from api.cases import Headers, address, area, key_of, make
from factories import box
from fastapi.testclient import TestClient
from sqlalchemy import Engine

ASSESSMENTS = "/api/v1/assessments"
REPORTS = "/api/v1/object-reports"


@pytest.fixture
def planner(engine: Engine) -> Headers:
    return key_of(engine, "planner", municipality="0115")


@pytest.fixture
def reviewer(engine: Engine) -> Headers:
    return key_of(engine, "reviewer", county="01")


@pytest.fixture
def plan(client: TestClient, layers: Engine, planner: Headers) -> dict[str, Any]:
    return make(client, planner, stage="samråd")


def assess(client: TestClient, headers: Headers, plan: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(address(plan, "assessments"), headers=headers)
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = client.get(f"{ASSESSMENTS}/{answer.json()['id']}", headers=headers).json()
    return document


def finding_of(assessment: dict[str, Any], layer: str = "ramsar") -> dict[str, Any]:
    return next(f for f in assessment["findings"] if f["layer"] == layer)


def test_the_way_of_a_case(client: TestClient, planner: Headers, reviewer: Headers, plan: dict[str, Any]) -> None:
    first = assess(client, planner, plan)
    about = finding_of(first)["id"]
    dispute = {"finding": about, "stance": "dispute", "reason": "Sjön är sänkt", "ground": "national_interest"}
    said = client.post(f"{ASSESSMENTS}/{first['id']}/reviews", json=dispute, headers=reviewer)
    assert said.status_code == 201, said.text
    assert said.json()["by"]["role"] == "reviewer"
    public = client.get(f"{ASSESSMENTS}/{first['id']}/reviews").json()
    assert public["disputed"] == [about]
    shown = client.get(f"{ASSESSMENTS}/{first['id']}/findings").json()["features"]
    assert {f["properties"]["finding"] for f in shown if f["properties"].get("disputed")} == {about}

    tag = '<span class="tag tag--unk">disputed</span>'
    page = client.get(f"{ASSESSMENTS}/{first['id']}/map", params={"lang": "en"}).text
    assert page.count(tag) == 1
    assert tag in page[page.index(f'id="{about}"') :].partition("</summary>")[0]

    moved = client.post(address(plan, "versions"), json=area(box(0, 0, 49, 100)), headers=planner)
    assert moved.status_code == 201, moved.text
    second = assess(client, planner, plan)
    compared = client.get(f"{ASSESSMENTS}/{first['id']}/compare", params={"with": second["id"]}).json()
    assert compared["planChanged"]
    assert {(d["kind"], d["cause"]["kind"]) for d in compared["findings"] if d["layer"] == "ramsar"} >= {
        ("gone", "plan")
    }
    assert {d["cause"]["kind"] for part in ("findings", "layers", "objectives") for d in compared[part]} == {"plan"}
    assert client.get(f"{ASSESSMENTS}/{second['id']}/reviews").json()["earlier"] == []

    log = client.get(address(plan, "decision-log"), headers=planner).json()["entries"]
    assert [entry["kind"] for entry in log].count("assessment") == 2
    assert {"plan_created", "plan_new_version", "statement"} <= {entry["kind"] for entry in log}
    lines = client.get(address(plan, "decision-log"), params={"f": "jsonl"}, headers=planner).content.splitlines()
    assert [orjson.loads(line) for line in lines] == log
    table = client.get(address(plan, "decision-log"), params={"f": "csv"}, headers=planner)
    assert len(list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))) == len(log)


def test_ledger_counts_hectares_once(client: TestClient, planner: Headers, layers: Engine) -> None:
    for geometry in (box(0, 0, 100, 100), box(20, 0, 120, 100)):
        assess(client, planner, make(client, planner, geometry, stage="samråd"))
    found = client.get("/api/v1/ledger", params={"county": "01", "stage": "samråd"}).json()
    (row,) = [r for r in found["rows"] if r["group"] == "rule" and r["rule"] == "ramsar.overlap"]
    assert (row["plans"], row["areaHa"]) == (2, pytest.approx(0.7))
    assert client.get("/api/v1/ledger", params={"stage": "granskning"}).json()["plans"] == 0
    assert client.get("/api/v1/ledger", params={"municipality": "9999"}).status_code == 404
    assert client.get("/api/v1/ledger", params={"municipality": "x"}).status_code == 422
    shapes = client.get("/api/v1/ledger", params={"f": "geojson", "crs": "EPSG:3006"})
    assert len(shapes.json()["features"]) == len(found["rows"])
    assert client.get("/api/v1/ledger", params={"f": "csv"}).content.startswith(b"\xef\xbb\xbfgroup,rule,")


@pytest.mark.parametrize(
    ("statement", "status", "told"),
    [
        ({"stance": "dispute"}, 422, "a dispute has a reason"),
        ({"stance": "agree", "finding": "f99"}, 404, "f99"),
        ({"stance": "agree", "comment": "a\x00b"}, 422, "comment"),
        ({"stance": "agree", "finding": "a\x00b"}, 422, "finding"),
        ({"stance": "agree", "verdict": "x"}, 422, "verdict"),
    ],
)
def test_faulty_statements_are_told(
    client: TestClient, planner: Headers, plan: dict[str, Any], statement: dict[str, Any], status: int, told: str
) -> None:
    first = assess(client, planner, plan)
    answer = client.post(f"{ASSESSMENTS}/{first['id']}/reviews", json=statement, headers=planner)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert told in answer.text


def test_a_report_about_an_object(client: TestClient, engine: Engine, planner: Headers, plan: dict[str, Any]) -> None:
    affected = finding_of(assess(client, planner, plan))["features"][0]
    new = {"layer": "ramsar", "object": affected["id"], "plan": plan["id"], "reason": "Sjön är sänkt"}
    made = client.post(REPORTS, json=new, headers=planner)
    assert (made.status_code, made.json()["status"], made.json()["objectName"]) == (201, "open", "Sjön")
    admin = key_of(engine, "admin")
    steps = f"{REPORTS}/{made.json()['id']}/steps"
    assert client.post(steps, json={"status": "corrected"}, headers=admin).json()["status"] == "corrected"
    assert client.post(steps, json={"status": "rejected"}, headers=admin).status_code == 409
    assert client.post(steps, json={"status": "open"}, headers=planner).status_code == 403
    listed = client.get(REPORTS, params={"status": "corrected"}, headers=planner).json()["reports"]
    assert [r["id"] for r in listed] == [made.json()["id"]] == [client.get(made.headers["location"]).json()["id"]]
    log = client.get(address(plan, "decision-log"), headers=planner).json()["entries"]
    assert [e["summary"] for e in log if e["kind"].startswith("object_report")] == ["open", "corrected"]
    assert client.post(REPORTS, json={**new, "object": "7"}, headers=planner).status_code == 404
