"""Limits: what is too much is told with the limit, and with what to do instead."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import pytest
import shapely
from api.test_jobs import REFRESH, key_of
from factories import box
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from geomiljo.api import create_app
from geomiljo.api.clients import Clients
from geomiljo.crs import ANALYSIS_CRS, WIRE_CRS, transform_one
from geomiljo.errors import TooManyRequests
from geomiljo.settings import Settings

PLAN = json.loads(shapely.to_geojson(transform_one(box(0, 0, 100, 100), ANALYSIS_CRS, WIRE_CRS)))


@contextmanager
def service(settings: Settings, **changed: Any) -> Iterator[TestClient]:
    app = create_app(settings.model_copy(update=changed))
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        yield client


def test_so_many_requests_and_no_more(settings: Settings, engine: Engine) -> None:
    key = key_of(engine, "admin")
    with service(settings, rate_limit_anonymous="2/hour") as client:
        assert [client.get("/api/v1/objectives").status_code for _ in range(3)] == [200, 200, 429]
        refused = client.get("/api/v1/objectives?lang=en")
        assert refused.json()["type"] == "/problems/too-many-requests"
        assert "2/hour" in refused.json()["detail"]
        assert "/api/v1/jobs" in refused.json()["remedy"]
        assert 0 < int(refused.headers["Retry-After"]) <= 3600
        assert client.get("/api/v1/objectives", headers=key).status_code == 200
        assert client.get("/health").status_code == 200


def test_a_key_that_does_not_hold_opens_no_count_of_its_own(settings: Settings) -> None:
    with service(settings, rate_limit_anonymous="2/hour") as client:
        for number in range(3):
            answer = client.get("/api/v1/objectives", headers={"Authorization": f"Bearer gm_{number}"})
            assert answer.status_code == 401
        assert client.get("/api/v1/objectives").status_code == 200


def test_checks_of_one_client_at_a_time(settings: Settings) -> None:
    clients = Clients(settings.model_copy(update={"checks_per_client": 2}))
    clients.begin_check("a")
    clients.begin_check("a")
    clients.begin_check("b")
    with pytest.raises(TooManyRequests, match="2 checks"):
        clients.begin_check("a")
    clients.end_check("a")
    clients.begin_check("a")


def test_a_check_that_ends_makes_room(settings: Settings, layers: Engine) -> None:
    with service(settings, checks_per_client=1) as client:
        assert [client.post("/api/v1/checks", json=PLAN).status_code for _ in range(3)] == [200, 200, 200]
        assert client.post("/api/v1/checks", content=b"{").status_code == 400
        assert client.post("/api/v1/checks", json=PLAN).status_code == 200


def test_a_second_check_meanwhile_is_refused(settings: Settings, layers: Engine) -> None:
    """The first waits for a lock on a table; the deadline answers it, and its place is free when its work has ended."""
    with service(settings, checks_per_client=1, request_deadline_s=2.0) as client, layers.connect() as blocking:
        blocking.execute(text("LOCK TABLE layer_version IN ACCESS EXCLUSIVE MODE"))
        answers: list[Any] = []
        first = threading.Thread(target=lambda: answers.append(client.post("/api/v1/checks?lang=en", json=PLAN)))
        first.start()
        until = time.monotonic() + 10
        while not client.app.state.service.clients._checks:  # type: ignore[attr-defined]
            assert time.monotonic() < until
            time.sleep(0.02)
        assert client.post("/api/v1/checks", json=PLAN).status_code == 429
        first.join(20)
        assert (answers[0].status_code, answers[0].json()["type"]) == (503, "/problems/deadline-exceeded")
        assert "2 s" in answers[0].json()["detail"]
        assert "/api/v1/jobs" in answers[0].json()["remedy"]
        assert answers[0].headers["X-Request-Id"] == answers[0].json()["requestId"]
        assert client.post("/api/v1/checks", json=PLAN).status_code == 429  # its work goes on
        blocking.rollback()
        until = time.monotonic() + 10
        while (again := client.post("/api/v1/checks", json=PLAN)).status_code == 429:
            assert time.monotonic() < until
            time.sleep(0.05)
        assert again.status_code == 200


def test_a_large_area_is_refused_with_the_limit(settings: Settings, layers: Engine) -> None:
    with service(settings, max_area_km2=0.005) as client:
        answer = client.post("/api/v1/checks?lang=en", json=PLAN)
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/limit-exceeded")
    assert "0.005 km²" in answer.json()["detail"]


def test_the_description_names_the_limits(settings: Settings) -> None:
    with service(settings, rate_limit_anonymous="7/hour", request_deadline_s=11.0) as client:
        document = client.get("/api/openapi.json").json()
    for named in ("7/hour", "11 s", "| checks of one client at a time | 8 | 429 |", "Idempotency-Key"):
        assert named in document["info"]["description"]
    responses = document["paths"]["/api/v1/checks"]["post"]["responses"]
    assert {"413", "422", "429", "503"} <= set(responses)


class TestIdempotencyKeys:
    KEY: ClassVar = {"Idempotency-Key": "4c4f2b1e-once"}

    @pytest.fixture
    def admin(self, engine: Engine) -> dict[str, str]:
        return key_of(engine, "admin")

    def test_the_same_request_starts_work_once(self, client: TestClient, admin: dict[str, str]) -> None:
        first = client.post("/api/v1/jobs", json=REFRESH, headers={**admin, **self.KEY})
        again = client.post("/api/v1/jobs", json=REFRESH, headers={**admin, **self.KEY})
        assert (first.status_code, again.status_code) == (202, 202)
        assert (again.content, again.headers["Location"]) == (first.content, first.headers["Location"])
        assert "idempotent-replayed" not in first.headers
        assert again.headers["idempotent-replayed"] == "true"
        assert again.headers["x-request-id"] != first.headers["x-request-id"]
        assert len(client.get("/api/v1/jobs", headers=admin).json()) == 1
        other = client.post("/api/v1/jobs", json=REFRESH, headers={**admin, "Idempotency-Key": "another-one"})
        assert other.json()["id"] != first.json()["id"]

    def test_another_body_is_refused(self, client: TestClient, admin: dict[str, str]) -> None:
        client.post("/api/v1/jobs", json=REFRESH, headers={**admin, **self.KEY})
        other = {**REFRESH, "layers": ["ramsar"]}
        answer = client.post("/api/v1/jobs", json=other, headers={**admin, **self.KEY})
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-input")

    def test_another_caller_has_keys_of_its_own(
        self, client: TestClient, engine: Engine, admin: dict[str, str]
    ) -> None:
        first = client.post("/api/v1/jobs", json=REFRESH, headers={**admin, **self.KEY}).json()
        other = client.post("/api/v1/jobs", json=REFRESH, headers={**key_of(engine, "admin"), **self.KEY}).json()
        assert first["id"] != other["id"]
        assert client.post("/api/v1/jobs", json=REFRESH, headers=self.KEY).status_code == 401

    def test_a_revoked_key_gets_no_kept_answer(self, client: TestClient, engine: Engine, admin: dict[str, str]) -> None:
        client.post("/api/v1/jobs", json=REFRESH, headers={**admin, **self.KEY})
        with engine.begin() as connection:
            connection.execute(text("UPDATE api_key SET revoked_at = now()"))
        assert client.post("/api/v1/jobs", json=REFRESH, headers={**admin, **self.KEY}).status_code == 401

    def test_what_was_refused_can_be_sent_again(self, client: TestClient, admin: dict[str, str]) -> None:
        assert client.post("/api/v1/jobs", json={}, headers={**admin, **self.KEY}).status_code == 422
        assert client.post("/api/v1/jobs", json=REFRESH, headers={**admin, **self.KEY}).status_code == 202

    def test_a_request_that_is_being_answered(self, client: TestClient, engine: Engine, admin: dict[str, str]) -> None:
        client.post("/api/v1/jobs", json=REFRESH, headers={**admin, **self.KEY})
        with engine.begin() as connection:
            connection.execute(text("UPDATE request_key SET status = NULL"))
        meanwhile = client.post("/api/v1/jobs", json=REFRESH, headers={**admin, **self.KEY})
        assert (meanwhile.status_code, meanwhile.json()["type"]) == (409, "/problems/conflict")
        with engine.begin() as connection:
            connection.execute(text("UPDATE request_key SET created_at = now() - interval '1 hour'"))
        given_up = client.post("/api/v1/jobs", json=REFRESH, headers={**admin, **self.KEY})
        assert given_up.status_code == 202

    def test_of_many_at_once_one_starts_work(self, client: TestClient, admin: dict[str, str]) -> None:
        answers: list[Any] = []
        barrier = threading.Barrier(8)

        def send() -> None:
            barrier.wait(10)
            answers.append(client.post("/api/v1/jobs", json=REFRESH, headers={**admin, **self.KEY}))

        threads = [threading.Thread(target=send) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert {answer.status_code for answer in answers} <= {202, 409}
        assert len({answer.json()["id"] for answer in answers if answer.status_code == 202}) == 1
        assert len(client.get("/api/v1/jobs", headers=admin).json()) == 1

    @pytest.mark.parametrize("key", ["short", "with space in it", "x" * 129])
    def test_a_key_that_is_no_key(self, client: TestClient, admin: dict[str, str], key: str) -> None:
        answer = client.post("/api/v1/jobs", json=REFRESH, headers={**admin, "Idempotency-Key": key})
        assert answer.status_code == 422
