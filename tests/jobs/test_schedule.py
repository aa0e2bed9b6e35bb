"""The queue refreshes what is due by itself, once, however many workers there are."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from factories import box, write_layer
from jobs.conftest import working
from sqlalchemy import text

from geomiljo.access import SCHEDULE
from geomiljo.jobs.schedule import ask_for_refresh
from geomiljo.jobs.store import cancel_job, list_jobs
from geomiljo.jobs.work import Tools
from geomiljo.layers.load import load_layer


@pytest.fixture
def overdue(tools: Tools, tmp_path: Path) -> Path:
    """A layer whose source was last asked long ago."""
    path = write_layer(tmp_path / "r.gpkg", [box(0, 0, 100, 100)])
    load_layer(tools.engine, tools.assessor.catalogue, "ramsar", path)
    with tools.engine.begin() as connection:
        connection.execute(text("UPDATE layer_version SET checked_at = now() - interval '20 years'"))
    return path


def test_one_job_is_asked_for_at_a_time(tools: Tools, overdue: Path) -> None:
    catalogue = tools.assessor.catalogue
    assert catalogue.layers["ramsar"].update.cadence_days is not None
    job_id = ask_for_refresh(tools.engine, catalogue)
    assert job_id is not None
    assert ask_for_refresh(tools.engine, catalogue) is None
    with tools.engine.begin() as connection:
        cancel_job(connection, job_id)
    overdue.unlink()
    assert ask_for_refresh(tools.engine, catalogue) is None  # nothing that a machine could fetch


def test_several_workers_refresh_once(tools: Tools, overdue: Path) -> None:
    often = replace(tools, settings=tools.settings.model_copy(update={"refresh_at": "* * * * * */2"}))
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(working(often))
        until = time.monotonic() + 60
        while True:
            with tools.engine.connect() as connection:
                jobs = list_jobs(connection, SCHEDULE.id, 10)
            if jobs and jobs[-1].state == "succeeded":
                break
            assert time.monotonic() < until
            time.sleep(0.1)
        time.sleep(4)  # two more times of the schedule: nothing is due any more
    with tools.engine.connect() as connection:
        [job] = list_jobs(connection, SCHEDULE.id, 10)
        times = connection.scalars(text("SELECT defer_timestamp FROM work.procrastinate_periodic_defers")).all()
    assert job.parameters["layers"] == ["ramsar"]
    assert len(times) == len(set(times)) > 0
