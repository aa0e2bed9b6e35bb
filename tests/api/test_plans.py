"""Plans over HTTP: made, listed, edited by one at a time, given new geometries, withdrawn."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import shapely
from api.cases import Headers, address, area, key_of, make
from factories import EAST, NORTH, box, write_layer
from fastapi.testclient import TestClient
from sqlalchemy import Engine

PLANS = "/api/v1/plans"


@pytest.fixture
def planner(engine: Engine) -> Headers:
    return key_of(engine, "planner", municipality="0115")


def test_a_plan_from_json(client: TestClient, planner: Headers) -> None:
    body = {
        "municipality": "0115",
        "name": "Björkby",
        "designation": "0115-P26/1",
        "stage": "samråd",
        "consultationFrom": "2026-03-01",
        "consultationTo": "2026-03-31",
        "area": area(),
    }
    answer = client.post(PLANS, json=body, headers=planner)
    assert answer.status_code == 201
    plan = answer.json()
    assert answer.headers["location"] == address(plan)
    assert answer.headers["etag"] == '"1"'
    del body["area"]
    assert plan.items() >= {**body, "county": "01", "version": 1, "areaM2": 10_000.0, "state": "active"}.items()
    read = client.get(address(plan), headers=planner)
    assert read.json() == {**plan, "latestAssessment": None}
    assert read.headers["etag"] == '"1"'


def test_a_plan_from_a_file_that_is_kept_byte_for_byte(client: TestClient, planner: Headers, tmp_path: Path) -> None:
    path = write_layer(tmp_path / "plan åäö.gpkg", [box(0, 0, 60, 100), box(60, 0, 100, 100)], anvandning=["B", "GATA"])
    content = path.read_bytes()
    metadata = json.dumps({"municipality": "0115", "name": "Björkby"})
    answer = client.post(PLANS, files={"file": (path.name, content)}, data={"metadata": metadata}, headers=planner)
    assert answer.status_code == 201, answer.text
    plan = answer.json()
    version = client.get(address(plan, "versions", 1), params={"crs": "EPSG:3006"}, headers=planner).json()
    assert version["sourceName"] == path.name
    assert [part["uses"] for part in version["parts"]] == [["B"], ["GATA"]]
    assert shapely.geometry.shape(version["geometry"]).equals(box(0, 0, 100, 100))
    assert shapely.geometry.shape(version["parts"][0]["geometry"]).equals(box(0, 0, 60, 100))
    source = client.get(address(plan, "versions", 1, "source"), headers=planner)
    assert source.content == content
    assert "plan%20%C3%A5%C3%A4%C3%B6.gpkg" in source.headers["content-disposition"]
    known = {**planner, "If-None-Match": source.headers["etag"]}
    assert client.get(address(plan, "versions", 1, "source"), headers=known).status_code == 304


def test_a_file_is_read_as_a_check_reads_it(client: TestClient, planner: Headers, tmp_path: Path) -> None:
    """Land uses, features and table are stated in the address."""
    path = write_layer(tmp_path / "plan.gpkg", [box(0, 0, 60, 100), box(60, 0, 100, 100)], namn=["a", "b"])
    metadata = {"metadata": json.dumps({"municipality": "0115", "name": "Björkby"})}
    stated = {"use": "B,S", "feature": "2", "table": path.stem}
    files = {"file": (path.name, path.read_bytes())}
    plan = client.post(PLANS, params=stated, files=files, data=metadata, headers=planner).json()
    again = client.post(address(plan, "versions"), params={**stated, "use": "Z"}, files=files, headers=planner)
    assert again.status_code == 201, again.text
    for number, uses in ((1, ["B", "S"]), (2, ["Z"])):
        version = client.get(address(plan, "versions", number), headers=planner).json()
        assert version["areaM2"] == pytest.approx(4_000)
        assert [part["uses"] for part in version["parts"]] == [uses]
    unknown = client.post(PLANS, params={"table": "x"}, files=files, data=metadata, headers=planner)
    assert (unknown.status_code, unknown.json()["type"]) == (422, "/problems/invalid-input")


@pytest.mark.parametrize(
    ("faulty", "pointer"),
    [
        ({"municipality": "115"}, "/municipality"),
        ({"name": None}, "/name"),
        ({"stage": "samrad"}, "/stage"),
        ({"answerBy": "31 mars"}, "/answerBy"),
        ({"reviewFrom": "2026-05-02", "reviewTo": "2026-05-01"}, "/"),
        ({"colour": "blue"}, "/colour"),
    ],
)
def test_metadata_at_fault_names_the_member(
    client: TestClient, planner: Headers, faulty: dict[str, Any], pointer: str
) -> None:
    body = {"municipality": "0115", "name": "Björkby", **faulty, "area": area()}
    answer = client.post(PLANS, json=body, headers=planner)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_other_faults_of_a_new_plan(client: TestClient, engine: Engine, planner: Headers) -> None:
    known = {"municipality": "0115", "name": "Björkby"}
    assert client.post(PLANS, json=known, headers=planner).json()["location"] == "/area"
    admin = key_of(engine, "admin")
    unknown = client.post(PLANS, json={**known, "municipality": "9999", "area": area()}, headers=admin)
    assert (unknown.status_code, unknown.json()["location"]) == (422, "/municipality")
    outside = client.post(PLANS, json={**known, "area": area(shapely.box(0, 0, 9, 9))}, headers=planner)
    assert outside.json()["type"] == "/problems/outside-sweden"
    elsewhere = client.post(PLANS, json={**known, "municipality": "0180", "area": area()}, headers=planner)
    assert elsewhere.status_code == 403
    assert client.post(PLANS, json={**known, "area": area()}).status_code == 401
    reviewer = key_of(engine, "reviewer", county="01")
    assert client.post(PLANS, json={**known, "area": area()}, headers=reviewer).status_code == 403
    assert client.post(PLANS, content=b"[" * 100_000, headers=planner).status_code == 400
    assert client.post(PLANS, files={"file": ("p.gpkg", b"x")}, headers=planner).status_code == 400
    assert client.get(PLANS, headers=admin).json()["plans"] == []


def test_a_draft_is_its_municipalitys_own(client: TestClient, engine: Engine, planner: Headers) -> None:
    plan = make(client, planner, stage="påbörjad")
    others = [
        {},
        key_of(engine, "planner", municipality="0180"),
        key_of(engine, "reviewer", county="01"),
    ]
    for headers in others:
        assert client.get(address(plan), headers=headers).status_code == 404
        assert client.get(address(plan, "versions"), headers=headers).status_code == 404
        assert client.get(PLANS, headers=headers).json()["plans"] == []
    edited = client.patch(address(plan), json={"stage": "samråd"}, headers={**planner, "If-Match": '"1"'})
    assert edited.json()["stage"] == "samråd"
    for headers in others:
        assert client.get(address(plan), headers=headers).status_code == 200
        assert [p["id"] for p in client.get(PLANS, headers=headers).json()["plans"]] == [plan["id"]]
        refused = client.patch(address(plan), json={"name": "X"}, headers={**headers, "If-Match": '"2"'})
        assert refused.status_code in (401, 403)


def test_edits_name_what_they_change(client: TestClient, planner: Headers) -> None:
    plan = make(client, planner, countyCase="402-1")
    edit = {"name": "Björkby norra", "countyCase": None}
    assert client.patch(address(plan), json=edit, headers=planner).status_code == 428
    for stale in ('"7"', 'W/"1"', '"x"', '"1", "2"'):
        answer = client.patch(address(plan), json=edit, headers={**planner, "If-Match": stale})
        assert (answer.status_code, answer.json()["type"]) == (412, "/problems/stale-revision")
    done = client.patch(address(plan), json=edit, headers={**planner, "If-Match": '"1"'})
    assert (done.status_code, done.headers["etag"]) == (200, '"2"')
    assert (done.json()["name"], done.json()["countyCase"]) == ("Björkby norra", None)
    faulty = client.patch(address(plan), json={"stage": "snart"}, headers={**planner, "If-Match": "*"})
    assert faulty.json()["errors"][0]["pointer"] == "/stage"
    away = client.patch(address(plan), json={"municipality": "0180"}, headers={**planner, "If-Match": "*"})
    assert away.status_code == 403


def test_of_two_editors_with_the_same_etag_one_is_told(client: TestClient, planner: Headers) -> None:
    plan = make(client, planner)
    barrier = threading.Barrier(2)

    def edit(name: str) -> int:
        barrier.wait()
        answer = client.patch(address(plan), json={"name": name}, headers={**planner, "If-Match": '"1"'})
        return answer.status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(edit, ("One", "Two"))) == [200, 412]


def test_a_new_geometry_is_a_new_version(client: TestClient, planner: Headers) -> None:
    plan = make(client, planner)
    later = client.post(address(plan, "versions"), json=area(box(0, 0, 50, 50)), headers={**planner, "If-Match": '"1"'})
    assert later.status_code == 201
    assert later.headers["location"] == address(plan, "versions", 2)
    assert later.json()["areaM2"] == 2_500.0
    stale = client.post(address(plan, "versions"), json=area(), headers={**planner, "If-Match": '"1"'})
    assert stale.status_code == 412
    listed = client.get(address(plan, "versions"), headers=planner).json()["versions"]
    assert [(v["number"], v["isCurrent"], v["areaM2"]) for v in listed] == [(1, False, 10_000.0), (2, True, 2_500.0)]
    assert client.get(address(plan), headers=planner).json()["version"] == 2
    assert client.get(address(plan, "versions", 3), headers=planner).status_code == 404
    assert client.get(address(plan, "versions", 10**30), headers=planner).status_code == 404


def test_withdrawn_or_deleted(client: TestClient, engine: Engine, planner: Headers) -> None:
    never_assessed = make(client, planner, stage="samråd")
    assert client.delete(address(never_assessed), headers=planner).status_code == 204
    assert client.get(address(never_assessed), headers=planner).status_code == 404

    plan = make(client, planner, stage="samråd")
    # by one who sees more layers, so that the assessment is not the planner's to see
    reviewer = key_of(engine, "reviewer", county="01")
    assert client.post(address(plan, "assessments"), headers=reviewer).status_code == 201
    assert client.delete(address(plan), headers={**planner, "If-Match": '"2"'}).status_code == 412
    withdrawn = client.delete(address(plan), headers=planner)
    assert (withdrawn.status_code, withdrawn.json()["state"]) == (200, "withdrawn")
    assert client.get(address(plan)).status_code == 404
    assert client.get(PLANS, headers=planner).json()["plans"] == []
    asked = client.get(PLANS, params={"state": "withdrawn"}, headers=planner).json()["plans"]
    assert [p["id"] for p in asked] == [plan["id"]]
    assert client.get(PLANS, params={"state": "withdrawn"}).json()["plans"] == []
    again = client.patch(address(plan), json={"name": "X"}, headers={**planner, "If-Match": "*"})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/withdrawn")


def test_filters_and_pages(client: TestClient, planner: Headers) -> None:
    names = [f"Plan {letter}" for letter in "EDCBA"]
    for west, name in zip(range(0, 5_000, 1_000), names, strict=True):
        make(client, planner, box(west, 0, west + 50, 50), name=name)
    seen: list[str] = []
    link: str | None = f"{PLANS}?sort=name&limit=2"
    while link is not None:
        answer = client.get(link, headers=planner)
        page = answer.json()
        seen += [plan["name"] for plan in page["plans"]]
        link = page["next"]
        assert answer.headers.get("link") == (f'<{link}>; rel="next"' if link else None)
    assert seen == sorted(names)

    def found(**asked: Any) -> set[str]:
        answer = client.get(PLANS, params=asked, headers=planner)
        assert answer.status_code == 200, answer.text
        return {plan["name"] for plan in answer.json()["plans"]}

    assert found(q="plan c") == {"Plan C"}
    assert found(municipality="0180") == set()
    assert found(municipality=["0180", "0115"], county="01", stage=["påbörjad", "samråd"]) == set(names)
    here = f"{EAST + 900},{NORTH},{EAST + 2_010},{NORTH + 10}"
    assert found(bbox=here, bboxCrs="EPSG:3006") == {"Plan D", "Plan C"}
    assert found(bbox="16,57,19,60") == set(names)
    assert found(bbox="11,57,12,58") == set()


@pytest.mark.parametrize(
    "asked",
    [
        {"bbox": "1,2,3"},
        {"bbox": "19,57,16,60"},
        {"bbox": "a,b,c,d"},
        {"bbox": "nan,nan,nan,nan"},
        {"bbox": "-inf,-inf,inf,inf"},
        {"bbox": "16,57,19,60", "bboxCrs": "EPSG:1"},
        {"sort": "size"},
        {"sort": "--name"},
        {"cursor": "x"},
        {"cursor": "W10"},
        {"cursor": "åäö"},
        {"limit": 0},
        {"limit": 201},
        {"objective": 17},
        {"severity": "bad"},
        {"stage": "samrad"},
    ],
    ids=str,
)
def test_faulty_questions_are_refused(client: TestClient, asked: dict[str, Any]) -> None:
    answer = client.get(PLANS, params=asked)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_cursor_belongs_to_its_order(client: TestClient, planner: Headers) -> None:
    for name in "AB":
        make(client, planner, name=name)
    page = client.get(PLANS, params={"sort": "name", "limit": 1}, headers=planner).json()
    other = page["next"].replace("sort=name", "sort=createdAt")
    assert client.get(other, headers=planner).status_code == 422


def test_an_id_that_is_none(client: TestClient) -> None:
    assert client.get(f"{PLANS}/x").status_code == 422
    assert client.get(f"{PLANS}/00000000-0000-0000-0000-000000000000").status_code == 404
