"""Jobs of processes: dismissed, found, kept, and seen by those who may."""

from __future__ import annotations

import time

from api.cases import key_of
from api.processes.asking import AREA, ASYNC, CHECK, ECHO, EXCEPTIONS, ask, ended, valid
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from geomiljo.access import ANONYMOUS
from geomiljo.api import create_app
from geomiljo.jobs.kinds import RefreshLayers
from geomiljo.jobs.rescue import tidy
from geomiljo.jobs.store import enqueue
from geomiljo.settings import Settings


def test_a_job_is_dismissed_while_it_runs(service: TestClient, planner: dict[str, str]) -> None:
    started = ask(service, ECHO, {**ASYNC, **planner}, inputs={"text": "x", "pause": 5})
    address = started.headers["Location"]
    until = time.monotonic() + 20
    while service.get(address, headers=planner).json()["status"] == "accepted":
        assert time.monotonic() < until
        time.sleep(0.02)
    early = service.get(f"{address}/results", headers=planner)
    assert (early.status_code, early.json()["type"]) == (404, f"{EXCEPTIONS}result-not-ready")
    began = time.monotonic()
    dismissed = service.delete(address, headers=planner)
    assert (dismissed.status_code, valid(dismissed.json(), "statusInfo")["status"]) == (200, "dismissed")
    while "finished" not in (job := service.get(address, headers=planner).json()):
        assert time.monotonic() < began + 4, "it runs on"
        time.sleep(0.02)
    assert job["status"] == "dismissed"
    gone = service.get(f"{address}/results", headers=planner)
    assert (gone.status_code, gone.json()["type"]) == (410, "/problems/job-dismissed")


def test_a_job_is_dismissed_while_it_waits_and_after_its_end(idle: TestClient, service: TestClient) -> None:
    started = ask(service, ECHO, ASYNC, inputs={"text": "x"})
    ended(service, started)
    address = started.headers["Location"]
    assert service.delete(address).json()["status"] == "dismissed"
    assert service.get(f"{address}/results").json()["type"] == f"{EXCEPTIONS}no-such-job"
    waiting = ask(idle, CHECK, ASYNC, inputs=AREA).headers["Location"]
    assert idle.delete(waiting).json()["status"] == "dismissed"


def test_a_job_is_seen_by_its_owner_and_administrators(
    service: TestClient, world: Engine, planner: dict[str, str], admin: dict[str, str]
) -> None:
    other = key_of(world, "planner", municipality="0115")
    started = ask(service, CHECK, {**ASYNC, **planner}, inputs=AREA)
    ended(service, started, planner)
    address = started.headers["Location"]
    for headers, status in ((planner, 200), (admin, 200), (other, 404), ({}, 404)):
        for path in ("", "/results", "/results/map"):
            assert service.get(address + path, headers=headers).status_code == status
        listed = valid(service.get("/ogc/jobs?limit=1000", headers=headers).json(), "jobList")
        assert (address.rpartition("/")[2] in {job["jobID"] for job in listed["jobs"]}) == (status == 200)
    assert service.delete(address, headers=other).status_code == 404


def test_a_job_of_nobody_is_open_to_who_knows_its_id_and_in_no_list(
    service: TestClient, planner: dict[str, str]
) -> None:
    started = ask(service, CHECK, ASYNC, inputs=AREA)
    ended(service, started)
    job_id = started.headers["Location"].rpartition("/")[2]
    for headers in ({}, planner):
        assert service.get(f"/ogc/jobs/{job_id}/results", headers=headers).status_code == 200
        listed = service.get("/ogc/jobs?limit=1000", headers=headers).json()["jobs"]
        assert job_id not in {job["jobID"] for job in listed}
    assert service.get(f"/api/v1/jobs/{job_id}").status_code == 404


def test_other_jobs_are_no_jobs_of_processes(service: TestClient, world: Engine, admin: dict[str, str]) -> None:
    with world.begin() as connection:
        job_id = enqueue(connection, ANONYMOUS, RefreshLayers(layers=("leder",)))
    assert service.get(f"/ogc/jobs/{job_id}", headers=admin).status_code == 404


def test_jobs_are_found_by_process_state_time_and_duration(service: TestClient, world: Engine) -> None:
    owner = key_of(world, "planner", municipality="0180")
    done = ask(service, ECHO, {**ASYNC, **owner}, inputs={"text": "x"})
    created = ended(service, done, owner)["created"]
    job_id = done.headers["Location"].rpartition("/")[2]

    def found(**query: str) -> bool:
        jobs = service.get("/ogc/jobs", params={"limit": 1000, **query}, headers=owner).json()["jobs"]
        return job_id in {job["jobID"] for job in jobs}

    assert found(processID="echo,check-area", status="successful,failed", type="process")
    assert not found(processID="check-area")
    assert not found(status="running")
    assert found(datetime=created)
    assert found(datetime=f"../{created}", minDuration="0", maxDuration="20")
    assert not found(datetime="../2020-01-01T00:00:00Z")
    assert not found(minDuration="3600")
    for fault in ({"status": "done"}, {"type": "x"}, {"datetime": "yesterday"}, {"minDuration": "-1"}):
        assert service.get("/ogc/jobs", params=fault, headers=owner).status_code == 400


def test_callers_without_a_key_share_a_few_jobs_and_come_last(
    settings: Settings, world: Engine, planner: dict[str, str]
) -> None:
    few = settings.model_copy(update={"jobs_anonymous": 1})
    none = settings.model_copy(update={"jobs_anonymous": 0})
    with TestClient(create_app(few), base_url="http://127.0.0.1") as client:
        first = ask(client, CHECK, ASYNC, inputs=AREA)
        assert (first.status_code, ask(client, CHECK, ASYNC, inputs=AREA).status_code) == (201, 429)
        signed_in = ask(client, CHECK, {**ASYNC, **planner}, inputs=AREA)
        with world.connect() as connection:
            query = text(
                "SELECT q.priority FROM job JOIN work.procrastinate_jobs q ON q.id = queue_id"
                " WHERE job.id = ANY(:ids) ORDER BY caller_id = 'anonymous'"
            )
            ids = [answer.headers["Location"].rpartition("/")[2] for answer in (first, signed_in)]
            assert list(connection.scalars(query, {"ids": ids})) == [0, -1]
        for answer, headers in ((first, {}), (signed_in, planner)):
            client.delete(answer.headers["Location"], headers=headers)
    with TestClient(create_app(none), base_url="http://127.0.0.1") as client:
        assert ask(client, CHECK, ASYNC, inputs=AREA).status_code == 401
        assert ask(client, CHECK, inputs=AREA).status_code == 200


def test_checked_areas_are_kept_for_hours(service: TestClient, world: Engine) -> None:
    started = ask(service, CHECK, ASYNC, inputs=AREA)
    ended(service, started)
    job_id = started.headers["Location"].rpartition("/")[2]
    with world.begin() as connection:
        late = text("UPDATE job SET finished_at = finished_at - interval '25 hours' WHERE id = :id")
        connection.execute(late, {"id": job_id})
    tidy(world, 90, 26)
    assert service.get(f"/ogc/jobs/{job_id}").status_code == 200
    tidy(world, 90, 24)
    assert service.get(f"/ogc/jobs/{job_id}").status_code == 404
    with world.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM job_file WHERE job_id = :id"), {"id": job_id}) == 0
