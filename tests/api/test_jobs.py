"""Background work over HTTP, with the worker inside the service."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from factories import box, write_layer
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Engine, event, text

from geomiljo.access import ANONYMOUS, LOCAL, Role
from geomiljo.accounts.keys import KeyRequest, create_key
from geomiljo.api import create_app
from geomiljo.jobs.kinds import RefreshLayers
from geomiljo.jobs.progress import Progress, begin
from geomiljo.jobs.store import enqueue
from geomiljo.settings import Settings

REFRESH = {"kind": "refresh-layers", "layers": ["varldsarv"]}  # which has no source: fails at once, offline


def key_of(engine: Engine, role: Role, **place: Any) -> dict[str, str]:
    """Return the header of a new key."""
    with engine.begin() as connection:
        secret, _ = create_key(connection, LOCAL, KeyRequest(name=role, role=role, scope="write", **place))
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture
def admin(engine: Engine) -> dict[str, str]:
    return key_of(engine, "admin")


@pytest.fixture
def service(settings: Settings) -> Iterator[TestClient]:
    """The service with a worker inside."""
    with TestClient(create_app(settings, with_worker=True), base_url="http://127.0.0.1") as client:
        yield client


def until_ended(client: TestClient, address: str, headers: dict[str, str]) -> dict[str, Any]:
    until = time.monotonic() + 30
    while True:
        job: dict[str, Any] = client.get(address, headers=headers).json()
        if job["state"] in {"succeeded", "failed", "cancelled"} or time.monotonic() > until:
            return job
        time.sleep(0.05)


def test_a_layer_is_uploaded_and_loaded(service: TestClient, admin: dict[str, str], tmp_path: Path) -> None:
    path = write_layer(tmp_path / "ramsar.gpkg", [box(50, 0, 300, 300)], NAMN=["Sjön"])
    with path.open("rb") as file:
        answer = service.post(
            "/api/v1/layers/ramsar/versions?coverage=sweden", files={"file": ("ramsar.gpkg", file)}, headers=admin
        )
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    job = until_ended(service, answer.headers["Location"], admin)
    assert (job["state"], job["done"], job["total"]) == ("succeeded", 1, 1)
    assert service.get("/api/v1/layers/ramsar").json()["state"] == "active"
    [line] = service.get(job["links"]["log"] + "?lang=en", headers=admin).json()
    assert line["text"] == f"ramsar: version {job['result']['layers'][0]['version']}, 1 objects."
    assert [row["id"] for row in service.get("/api/v1/jobs", headers=admin).json()] == [job["id"]]


def test_an_upload_says_what_its_columns_are_and_that_a_person_has_looked(
    service: TestClient, admin: dict[str, str], tmp_path: Path
) -> None:
    """Of ten objects nine are gone: that waits for a person, unless one has looked."""
    states = []
    for count, asked in ((10, ""), (1, ""), (1, "&accept=true")):
        shapes = [box(1_000 * i, 0, 1_000 * i + 300, 300) for i in range(count)]
        path = write_layer(tmp_path / f"{count}.gpkg", shapes, kallad=[f"Sjö {i}" for i in range(count)])
        with path.open("rb") as file:
            address = f"/api/v1/layers/ramsar/versions?coverage=sweden&map=namn%3Dkallad{asked}"
            answer = service.post(address, files={"file": ("ramsar.gpkg", file)}, headers=admin)
        job = until_ended(service, answer.headers["Location"], admin)
        assert job["state"] == "succeeded", job
        states.append(job["result"]["layers"][0]["state"])
    assert states == ["active", "suspicious", "active"]
    wrong = service.post("/api/v1/layers/ramsar/versions?map=namn", files={"file": ("x", b"x")}, headers=admin)
    assert (wrong.status_code, "ATTRIBUT=KOLUMN" in wrong.json()["detail"]) == (422, True)


def test_a_job_that_fails_tells_why_as_a_problem(service: TestClient, admin: dict[str, str]) -> None:
    answer = service.post("/api/v1/jobs", json=REFRESH, headers=admin)
    job = until_ended(service, answer.headers["Location"] + "?lang=en", admin)
    assert job["error"]["type"] == "/problems/job-failed"
    assert job["error"]["detail"] == "1 of 1 could not be done."
    assert service.get(job["error"]["type"]).status_code == 200


@pytest.mark.parametrize("role", ["public", "planner", "reviewer", "admin"])
def test_layers_are_the_administrators(client: TestClient, engine: Engine, role: Role) -> None:
    places = {"planner": {"municipality": "0180"}, "reviewer": {"county": "01"}}
    headers = {} if role == "public" else key_of(engine, role, **places.get(role, {}))
    expected = {"public": 401, "admin": 202}.get(role, 403)
    assert client.post("/api/v1/jobs", json=REFRESH, headers=headers).status_code == expected
    file = {"file": ("x.gpkg", b"x")}
    assert client.post("/api/v1/layers/leder/versions", files=file, headers=headers).status_code == expected


def test_a_job_is_seen_by_who_asked_for_it(client: TestClient, engine: Engine, admin: dict[str, str]) -> None:
    planner = key_of(engine, "planner", municipality="0180")
    other = key_of(engine, "planner", municipality="0180")
    address = client.post("/api/v1/jobs", json={"kind": "export"}, headers=planner).headers["Location"]
    for path in ("", "/log", "/events", "/file"):
        assert client.get(address + path, headers=other).status_code == 404
        assert client.get(address + path).status_code == 404
    assert client.delete(address, headers=other).status_code == 404
    assert client.get(address, headers=planner).status_code == 200
    assert client.get(address, headers=admin).status_code == 200
    assert client.get("/api/v1/jobs", headers=other).json() == []
    assert client.get("/api/v1/jobs").json() == []


def test_a_waiting_job_is_cancelled_once(client: TestClient, admin: dict[str, str]) -> None:
    address = client.post("/api/v1/jobs", json=REFRESH, headers=admin).headers["Location"]
    assert client.delete(address, headers=admin).json()["state"] == "cancelled"
    again = client.delete(address, headers=admin)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/conflict")


@pytest.mark.parametrize(
    "body", [{}, {"kind": "nope"}, {"kind": "load-layer", "layer": "x", "file": "/etc/passwd"}, {**REFRESH, "x": 1}]
)
def test_what_is_no_work_is_refused(client: TestClient, admin: dict[str, str], body: dict[str, Any]) -> None:
    answer = client.post("/api/v1/jobs", json=body, headers=admin)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request")


def test_so_many_jobs_and_no_more(settings: Settings, admin: dict[str, str]) -> None:
    app = create_app(settings.model_copy(update={"jobs_per_client": 1}))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        assert client.post("/api/v1/jobs", json=REFRESH, headers=admin).status_code == 202
        answer = client.post("/api/v1/jobs?lang=en", json=REFRESH, headers=admin)
    assert (answer.status_code, answer.json()["type"]) == (429, "/problems/too-many-requests")
    assert "1 unfinished" in answer.json()["detail"]


def stream(answer: Response) -> list[tuple[str, dict[str, Any]]]:
    """Return events of a stream that has ended."""
    found = []
    for block in answer.text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found


def test_a_job_is_followed_whichever_process_runs_it(client: TestClient, engine: Engine, admin: dict[str, str]) -> None:
    """The run below stands for a worker elsewhere: all that it shares with the service is the database."""
    with engine.begin() as connection:
        job_id = enqueue(connection, LOCAL, RefreshLayers(layers=("leder",)))
    answers: list[Response] = []

    def follow() -> None:
        answers.append(client.get(f"/api/v1/jobs/{job_id}/events?lang=en", headers=admin))

    service, looked = client.app.state.service, threading.Event()  # type: ignore[attr-defined]

    @event.listens_for(service.engine, "checkin")
    def first_look(*_args: object) -> None:
        """The job has been read for whoever follows: what begins now is seen as a change."""
        if service.events._followers:
            looked.set()

    follower = threading.Thread(target=follow)
    follower.start()
    assert looked.wait(20)
    progress = begin(engine, job_id, lambda: False)
    assert isinstance(progress, Progress)
    progress.step(0, 2)
    progress.say("{layer}: version {version} holds this content already.", layer="leder", version="abc")
    progress.step(1, 2)
    progress.end("succeeded", {"layers": []})
    follower.join(20)
    assert not follower.is_alive()
    events = stream(answers[0])
    assert answers[0].headers["content-type"].startswith("text/event-stream")
    states = [document["state"] for kind, document in events if kind == "job"]
    assert (states[0], states[-1]) == ("queued", "succeeded")
    [line] = [document for kind, document in events if kind == "line"]
    assert line["text"] == "leder: version abc holds this content already."
    resumed = client.get(f"/api/v1/jobs/{job_id}/events", headers={**admin, "Last-Event-ID": str(line["number"])})
    assert [kind for kind, _ in stream(resumed)] == ["job"]


def test_following_goes_on_when_the_connection_was_lost(
    client: TestClient, engine: Engine, admin: dict[str, str]
) -> None:
    with engine.begin() as connection:
        job_id = enqueue(connection, LOCAL, RefreshLayers(layers=("leder",)))
    ended: list[Response] = []
    address = f"/api/v1/jobs/{job_id}/events"
    follower = threading.Thread(target=lambda: ended.append(client.get(address, headers=admin)))
    follower.start()
    until = time.monotonic() + 20
    while not client.app.state.service.events._followers:  # type: ignore[attr-defined]
        assert time.monotonic() < until
        time.sleep(0.02)
    with engine.begin() as connection:
        lost = text(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE application_name = :n AND datname = current_database()"  # others have their own service
        )
        assert connection.scalar(lost, {"n": "geomiljo events"}) == 1
        connection.execute(text("UPDATE job SET state = 'cancelled' WHERE id = :id"), {"id": job_id})
    follower.join(20)
    assert stream(ended[0])[-1][1]["state"] == "cancelled"


def test_anybody_has_no_jobs(client: TestClient, engine: Engine) -> None:
    with engine.begin() as connection:
        job_id = enqueue(connection, ANONYMOUS, RefreshLayers(layers=("leder",)))
    assert client.get(f"/api/v1/jobs/{job_id}").status_code == 404
