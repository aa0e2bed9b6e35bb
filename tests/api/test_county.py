"""The county board's work over HTTP: its own county alone, drafts that nobody else sees, sums that scripts can take."""

from __future__ import annotations

from typing import Any

import pytest
import shapely
from api.cases import Headers, address, key_of, make
from factories import box
from fastapi.testclient import TestClient
from sqlalchemy import Engine


@pytest.fixture
def planner(engine: Engine) -> Headers:
    return key_of(engine, "planner", municipality="0115")


@pytest.fixture
def reviewer(engine: Engine) -> Headers:
    return key_of(engine, "reviewer", county="01")


@pytest.fixture
def plans(client: TestClient, layers: Engine, planner: Headers) -> list[dict[str, Any]]:
    """Two plans of the county, assessed."""
    made = [
        make(client, planner, geometry, stage="samråd", name=name, answerBy=day)
        for name, geometry, day in (
            ("Ena", box(0, 0, 100, 100), "2026-04-02"),
            ("Andra", box(20, 0, 120, 100), "2026-04-01"),
        )
    ]
    for plan in made:
        assert client.post(address(plan, "assessments"), headers=planner).status_code == 201
    return made


def test_the_queue_is_the_reviewers_own_county(
    client: TestClient, engine: Engine, reviewer: Headers, plans: list[dict[str, Any]]
) -> None:
    found = client.get("/api/v1/queue", params={"limit": 1, "sort": "deadline"}, headers=reviewer).json()
    assert [plan["name"] for plan in found["plans"]] == ["Andra"]
    assert found["totals"]["plans"] == found["totals"]["unreviewed"] == 2
    more = client.get(found["next"], headers=reviewer).json()
    assert [plan["name"] for plan in more["plans"]] == ["Ena"]
    assert more["next"] is None
    for sort in ("severity", "-name", "changed"):
        page = client.get("/api/v1/queue", params={"limit": 1, "sort": sort}, headers=reviewer).json()
        assert client.get(page["next"], headers=reviewer).json()["plans"] != page["plans"]
    wrong = client.get("/api/v1/queue", params={"county": "14"}, headers=reviewer)
    assert (wrong.status_code, wrong.json()["type"]) == (403, "/problems/forbidden")
    elsewhere = key_of(engine, "reviewer", county="14")
    assert client.get("/api/v1/queue", headers=elsewhere).json()["plans"] == []
    admin = key_of(engine, "admin")
    assert len(client.get("/api/v1/queue", headers=admin).json()["plans"]) == 2
    assert client.get("/api/v1/queue", params={"county": "14"}, headers=admin).json()["totals"]["plans"] == 0


def test_from_draft_to_answer(
    client: TestClient, engine: Engine, reviewer: Headers, planner: Headers, plans: list[dict[str, Any]]
) -> None:
    draft = address(plans[0], "drafts", "f1")
    first = client.put(draft, json={"text": "Oklart", "revision": 0}, headers=reviewer).json()
    assert (first["revision"], first["stance"], first["findingHasChanged"]) == (1, None, False)
    stale = client.put(draft, json={"text": "Annat", "revision": 0}, headers=reviewer)
    assert (stale.status_code, stale.json()["type"]) == (412, "/problems/stale-revision")
    assert client.get(address(plans[0], "drafts"), headers=planner).json() == {"drafts": []}
    change = {"stance": "dispute", "text": "Sjön är sänkt", "revision": 1}
    assert client.put(draft, json=change, headers=reviewer).status_code == 200
    assert client.get(address(plans[0], "opinion"), headers=reviewer).json()["sections"][0]["points"] == []
    ahead = client.get(address(plans[0], "opinion"), params={"drafts": True, "f": "text"}, headers=reviewer)
    assert ahead.headers["content-type"] == "text/plain; charset=utf-8"
    assert "Sjön är sänkt" in ahead.text
    made = client.post(address(plans[0], "statements"), headers=reviewer)
    assert (made.status_code, made.json()["statements"][0]["reason"]) == (201, "Sjön är sänkt")
    assert "Sjön är sänkt" in client.get(address(plans[0], "opinion"), params={"f": "text"}).text
    assert client.post(address(plans[0], "statements"), headers=reviewer).status_code == 409
    found = client.get("/api/v1/queue", params={"sort": "name"}, headers=reviewer).json()["plans"]
    assert found[1]["unreviewed"] == found[0]["unreviewed"] - 1
    gone = client.put(address(plans[0], "drafts", "f99"), json={}, headers=reviewer)
    assert gone.status_code == 404


def test_sums_over_the_countys_plans(client: TestClient, reviewer: Headers, plans: list[dict[str, Any]]) -> None:
    cells = client.get("/api/v1/matrix", params={"area": True}, headers=reviewer).json()["cells"]
    assert [cell["objective"] for cell in cells] == list(range(1, 17))
    touched = next(cell for cell in cells if cell["objective"] == 11)
    assert (touched["plans"], sum(touched["touched"].values())) == (2, 2)
    assert sum(touched["areaHa"].values()) == pytest.approx(0.7)  # of the wetland, 50 to 120 m, once
    months = client.get("/api/v1/ledger/months", headers=reviewer).json()["months"]
    assert (months[-1]["plans"], months[-1]["objectives"]["11"]) == (2, pytest.approx(0.7))
    shown = client.get("/api/v1/overlap", headers=reviewer).json()
    assert [f["properties"]["interests"] for f in shown["features"]] == [1]
    assert shown["features"][0]["properties"]["areaHa"] == pytest.approx(0.7)
    assert shapely.geometry.shape(shown["features"][0]["geometry"]).bounds[0] > 10
