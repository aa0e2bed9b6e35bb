"""Jobs: every way from one state to another, with real workers on a real queue."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from factories import box, write_layer
from jobs.conftest import HEARTBEAT_S, working
from sqlalchemy import Engine, text

from geomiljo.access import LOCAL, Caller
from geomiljo.database.work_tables import Job
from geomiljo.errors import Conflict, InputError, NotFound, TooManyRequests
from geomiljo.jobs import queue
from geomiljo.jobs.files import blocks, read_file, write_file
from geomiljo.jobs.kinds import LoadLayer, RefreshLayers
from geomiljo.jobs.layers import UPLOAD
from geomiljo.jobs.progress import JobCancelled, JobTakenOver, WorkerStopping, begin
from geomiljo.jobs.rescue import rescue, tidy
from geomiljo.jobs.store import cancel_job, enqueue, get_job, job_lines, list_jobs
from geomiljo.jobs.work import Tools
from geomiljo.layers.versions import active_versions

OTHER = Caller("key:abc", "Annan", "admin")


def ask(engine: Engine, parameters: LoadLayer | RefreshLayers, path: Path | None = None) -> str:
    with engine.begin() as connection:
        job_id = enqueue(connection, LOCAL, parameters)
        if path is not None:
            with path.open("rb") as file:
                write_file(connection, job_id, UPLOAD, file)
    return job_id


def ended(engine: Engine, job_id: str, within_s: float = 30) -> Job:
    until = time.monotonic() + within_s
    while True:
        with engine.connect() as connection:
            job = get_job(connection, job_id)
        if job.state in {"succeeded", "failed", "cancelled"} or time.monotonic() > until:
            return job
        time.sleep(0.05)


def lines(engine: Engine, job_id: str) -> list[str]:
    with engine.connect() as connection:
        return [line["message"].format_map(line["params"]) for line in job_lines(connection, job_id)]


def queue_state(engine: Engine, job: Job) -> str | None:
    with engine.connect() as connection:
        query = text("SELECT status::text FROM work.procrastinate_jobs WHERE id = :id")
        state: str | None = connection.scalar(query, {"id": job.queue_id})
    return state


@pytest.fixture
def wetlands(tmp_path: Path) -> Path:
    return write_layer(tmp_path / "ramsar.gpkg", [box(50, 0, 300, 300)], NAMN=["Sjön"])


def test_an_uploaded_layer_is_loaded(tools: Tools, wetlands: Path) -> None:
    job_id = ask(tools.engine, LoadLayer(layer="ramsar", file="ramsar.gpkg", coverage="sweden"), wetlands)
    with working(tools):
        job = ended(tools.engine, job_id)
    assert (job.state, job.error, job.done, job.total, job.run) == ("succeeded", None, 1, 1, 1)
    with tools.engine.connect() as connection:
        active = active_versions(connection)["ramsar"]
        assert list(blocks(connection, job_id, UPLOAD)) == []
    assert job.result is not None
    assert job.result["layers"] == [
        {
            "layer": "ramsar",
            "version": active.version,
            "isNew": True,
            "state": "active",
            "doubts": [],
            "href": "/api/v1/layers/ramsar",
        }
    ]
    assert any(active.version in line for line in lines(tools.engine, job_id))


def test_a_file_at_fault_fails_the_job_and_says_why(tools: Tools, tmp_path: Path) -> None:
    path = tmp_path / "ramsar.gpkg"
    path.write_bytes(b"no GeoPackage")
    job_id = ask(tools.engine, LoadLayer(layer="ramsar", file=path.name), path)
    with working(tools):
        job = ended(tools.engine, job_id)
    assert job.state == "failed"
    assert job.error is not None
    assert (job.error["code"], job.losses) == ("unreadable-file", 0)
    assert lines(tools.engine, job_id)


def test_one_layer_that_cannot_be_refreshed_does_not_stop_the_others(tools: Tools, wetlands: Path) -> None:
    first = ask(tools.engine, LoadLayer(layer="ramsar", file="ramsar.gpkg"), wetlands)
    job_id = ask(tools.engine, RefreshLayers(layers=("kyrkligt_kulturminne", "badvatten")))
    with working(tools):
        assert ended(tools.engine, first).state == "succeeded"
        job = ended(tools.engine, job_id)
    assert job.state == "failed"
    assert job.error is not None
    assert job.error["params"] == {"failed": 2, "of": 2}
    assert job.result is not None
    assert [row["error"] for row in job.result["layers"]] == ["not-found", "not-found"]


def test_a_waiting_job_is_cancelled_at_once(tools: Tools) -> None:
    job_id = ask(tools.engine, RefreshLayers(layers=("leder",)))
    with tools.engine.begin() as connection:
        cancel_job(connection, job_id)
        job = get_job(connection, job_id)
    assert (job.state, queue_state(tools.engine, job)) == ("cancelled", "cancelled")
    with pytest.raises(Conflict), tools.engine.begin() as connection:
        cancel_job(connection, job_id)
    assert begin(tools.engine, job_id, lambda: False) is None


def test_a_running_job_is_cancelled_at_its_next_step(tools: Tools) -> None:
    job_id = ask(tools.engine, RefreshLayers(layers=("leder",)))
    progress = begin(tools.engine, job_id, lambda: False)
    assert progress is not None
    progress.step(1, 4)
    with tools.engine.begin() as connection:
        cancel_job(connection, job_id)
        assert get_job(connection, job_id).state == "running"
    with pytest.raises(JobCancelled):
        progress.step(2)


def test_a_stopping_worker_lays_its_job_down(tools: Tools) -> None:
    job_id = ask(tools.engine, RefreshLayers(layers=("leder",)))
    progress = begin(tools.engine, job_id, lambda: True)
    assert progress is not None
    with pytest.raises(WorkerStopping):
        progress.step()
    assert progress.end("queued")
    again = begin(tools.engine, job_id, lambda: False)
    assert again is not None
    assert again.run == 2
    with pytest.raises(JobTakenOver):
        progress.step()
    assert not progress.end("succeeded")
    assert ended(tools.engine, job_id, 0).state == "running"


SLEEPER = """
import asyncio, sys, time
from pydantic import SecretStr
from geomiljo.assessments import Assessor
from geomiljo.catalogue import open_catalogue
from geomiljo.jobs import run, work
from geomiljo.jobs.worker import work as run_worker
from geomiljo.jobs.kinds import RefreshLayers
from geomiljo.settings import Settings

def sleep(work, asked):
    work.progress.step(1, 2)
    time.sleep(600)

run.HANDLERS[RefreshLayers] = sleep  # a job that is long enough to be killed in
settings = Settings(database_url=SecretStr(sys.argv[1]), worker_heartbeat_s=float(sys.argv[2]))
with work.open_tools(settings, Assessor.of(open_catalogue())) as tools:
    asyncio.run(run_worker(tools, handle_signals=True))
"""


def killed_while_running(tools: Tools, url: str, job_id: str, run: int) -> None:
    """Run a worker in a process of its own and kill it when it has begun the job."""
    program = [sys.executable, "-c", textwrap.dedent(SLEEPER), url, str(HEARTBEAT_S)]
    with subprocess.Popen(program) as process:
        until = time.monotonic() + 60
        while True:
            with tools.engine.connect() as connection:
                job = get_job(connection, job_id)
            if (job.state, job.run, job.done) == ("running", run, 1):
                break
            assert time.monotonic() < until, job.state
            assert process.poll() is None
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGKILL)


def rescued(tools: Tools) -> None:
    until = time.monotonic() + 30
    while rescue(tools.engine, 3 * HEARTBEAT_S) == 0:
        assert time.monotonic() < until
        time.sleep(0.1)


def test_a_job_survives_the_killing_of_its_worker_once(tools: Tools, database_url: str) -> None:
    job_id = ask(tools.engine, RefreshLayers(layers=("leder",)))
    killed_while_running(tools, database_url, job_id, run=1)
    rescued(tools)
    job = ended(tools.engine, job_id, 0)
    assert (job.state, job.losses, queue_state(tools.engine, job)) == ("queued", 1, "todo")
    killed_while_running(tools, database_url, job_id, run=2)
    rescued(tools)
    job = ended(tools.engine, job_id, 0)
    assert (job.state, job.losses, queue_state(tools.engine, job)) == ("failed", 2, "failed")
    assert job.error is not None
    assert job.error["params"] == {"count": 2}
    assert len(lines(tools.engine, job_id)) == 2


def test_a_killed_job_is_finished_by_the_next_worker(tools: Tools, database_url: str) -> None:
    job_id = ask(tools.engine, RefreshLayers(layers=("varldsarv",)))
    killed_while_running(tools, database_url, job_id, run=1)
    with working(tools):
        job = ended(tools.engine, job_id)
    assert (job.state, job.run, job.losses) == ("failed", 2, 1)  # the layer has no source
    assert job.error is not None
    assert job.error["params"] == {"failed": 1, "of": 1}


def test_a_job_that_was_to_be_cancelled_is_so_after_its_worker_was_lost(tools: Tools, database_url: str) -> None:
    job_id = ask(tools.engine, RefreshLayers(layers=("leder",)))
    killed_while_running(tools, database_url, job_id, run=1)
    with tools.engine.begin() as connection:
        cancel_job(connection, job_id)
    rescued(tools)
    job = ended(tools.engine, job_id, 0)
    assert (job.state, queue_state(tools.engine, job)) == ("cancelled", "aborted")


def test_a_job_is_queued_with_its_transaction_or_not_at_all(tools: Tools) -> None:
    with tools.engine.connect() as connection:
        job_id = enqueue(connection, LOCAL, RefreshLayers(layers=("leder",)))
        assert queue.waiting(connection) == 1
        connection.rollback()
        assert queue.waiting(connection) == 0
        with pytest.raises(NotFound):
            get_job(connection, job_id)


def test_a_caller_has_so_many_unfinished_jobs(tools: Tools) -> None:
    asked = RefreshLayers(layers=("leder",))
    with tools.engine.begin() as connection:
        enqueue(connection, LOCAL, asked, most=1)
        enqueue(connection, OTHER, asked, most=1)
        with pytest.raises(TooManyRequests):
            enqueue(connection, LOCAL, asked, most=1)
        assert [job.caller_id for job in list_jobs(connection, OTHER.id, 10)] == [OTHER.id]
        assert len(list_jobs(connection, None, 10)) == 2


def test_files_come_back_as_they_were(tools: Tools, tmp_path: Path) -> None:
    content = os.urandom((1 << 20) + 17)
    job_id = ask(tools.engine, RefreshLayers(layers=("leder",)))
    with tools.engine.begin() as connection:
        assert write_file(connection, job_id, "x.bin", io.BytesIO(content)) == len(content)
        read_file(connection, job_id, "x.bin", tmp_path / "x.bin")
    assert (tmp_path / "x.bin").read_bytes() == content


def test_an_uploaded_name_cannot_lead_elsewhere() -> None:
    assert LoadLayer(layer="ramsar", file="../../etc/passwd").file == "passwd"
    assert LoadLayer(layer="ramsar", file="..\\x.gpkg").file == "x.gpkg"
    with pytest.raises(ValueError, match="coverage"):
        LoadLayer(layer="ramsar", file="x.gpkg", coverage="/etc/passwd")


def test_old_jobs_go_with_their_files(tools: Tools) -> None:
    job_id = ask(tools.engine, RefreshLayers(layers=("leder",)))
    kept = ask(tools.engine, RefreshLayers(layers=("leder",)))
    with tools.engine.begin() as connection:
        write_file(connection, job_id, "x.bin", io.BytesIO(b"x"))
        cancel_job(connection, job_id)
        connection.execute(text("UPDATE job SET finished_at = now() - interval '2 days' WHERE id = :i"), {"i": job_id})
    tidy(tools.engine, 3, 24)
    assert ended(tools.engine, job_id, 0).state == "cancelled"
    tidy(tools.engine, 1, 24)
    with tools.engine.connect() as connection:
        with pytest.raises(InputError):
            get_job(connection, job_id)
        assert connection.scalar(text("SELECT count(*) FROM job_file")) == 0
        assert get_job(connection, kept).state == "queued"


def test_the_queue_is_of_the_version_that_the_migration_made() -> None:
    """A newer procrastinate with other tables needs a migration of ours first."""
    from procrastinate.schema import migrations_path

    assert (
        max(path.name for path in migrations_path.glob("*.sql"))
        == "03.04.00_50_post_add_retry_failed_job_procedure.sql"
    )
