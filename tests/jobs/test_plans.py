"""Jobs over many plans: whose rights they have, and that one plan does not stop another."""

from __future__ import annotations

import io
import uuid
import zipfile
from pathlib import Path
from typing import Any

import pytest
from factories import box, plan, write_layer
from jobs.conftest import working
from jobs.test_jobs import ended, lines

from geomiljo.access import LOCAL, Caller
from geomiljo.database.work_tables import Job
from geomiljo.jobs.files import blocks
from geomiljo.jobs.kinds import AssessPlans, ExportAssessments, Parameters, RecheckStale
from geomiljo.jobs.store import enqueue
from geomiljo.jobs.work import Tools
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.plans.store import PlanMetadata, PlanSource, create_plan

PLANNER = Caller("key:planner", "Vallentuna planenhet", "planner", "0115")
SOURCE = PlanSource("plan.geojson", b'{"as": "delivered"}\n')


def kept(tools: Tools, municipality: str, name: str = "Björkby", **metadata: Any) -> str:
    area = plan((box(0, 0, 100, 100), ("B",)))
    with tools.engine.begin() as connection:
        stated = PlanMetadata(municipality=municipality, name=name, **metadata)
        return str(create_plan(connection, PLANNER, stated, area, SOURCE).id)


@pytest.fixture
def wetlands(tools: Tools, tmp_path: Path) -> None:
    path = write_layer(tmp_path / "ramsar.gpkg", [box(50, 0, 300, 300)], NAMN=["Sjön"])
    load_layer(tools.engine, tools.assessor.catalogue, "ramsar", path, LoadOptions(coverage="sweden"))


def done(tools: Tools, asked: Parameters, caller: Caller = PLANNER) -> Job:
    with tools.engine.begin() as connection:
        job_id = enqueue(connection, caller, asked)
    with working(tools):
        return ended(tools.engine, job_id)


@pytest.mark.usefixtures("wetlands")
def test_a_planner_assesses_the_plans_of_the_own_municipality(tools: Tools) -> None:
    own = {kept(tools, "0115"), kept(tools, "0115", "Åby")}
    kept(tools, "0180")
    job = done(tools, AssessPlans())
    assert (job.state, job.done, job.total, job.error) == ("succeeded", 2, 2, None)
    assert job.result is not None
    assert {made["plan"] for made in job.result["assessments"]} == own


@pytest.mark.usefixtures("wetlands")
def test_plans_that_are_named_and_not_open_are_told(tools: Tools) -> None:
    own, foreign = kept(tools, "0115"), kept(tools, "0180")
    job = done(tools, AssessPlans(plans=(uuid.UUID(own), uuid.UUID(foreign))))
    assert job.state == "failed"
    assert job.error is not None
    assert job.error["params"] == {"failed": 1, "of": 2}
    assert job.result is not None
    assert [made["plan"] for made in job.result["assessments"]] == [own]
    assert any(foreign in line for line in lines(tools.engine, job.id))


def test_only_stale_plans_are_assessed_again(tools: Tools, wetlands: None, tmp_path: Path) -> None:
    kept(tools, "0115")
    assert done(tools, AssessPlans()).state == "succeeded"
    job = done(tools, RecheckStale())
    assert (job.state, job.result) == ("succeeded", {"assessments": []})
    path = write_layer(tmp_path / "again.gpkg", [box(50, 0, 300, 301)], NAMN=["Sjön"])
    load_layer(tools.engine, tools.assessor.catalogue, "ramsar", path, LoadOptions(coverage="sweden"))
    job = done(tools, RecheckStale())
    assert job.result is not None
    assert len(job.result["assessments"]) == 1


@pytest.mark.usefixtures("wetlands")
@pytest.mark.parametrize("form", ["json", "geojson", "csv", "xlsx"])
def test_an_export_holds_what_its_caller_may_read(tools: Tools, form: str) -> None:
    kept(tools, "0115", designation="../../DP 1")
    kept(tools, "0180")
    assert done(tools, AssessPlans(), LOCAL).state == "succeeded"  # with layers that a planner may not see
    assert done(tools, AssessPlans()).state == "succeeded"
    unassessed = kept(tools, "0115", "Ny")
    job = done(tools, ExportAssessments(format=form))  # type: ignore[arg-type]
    assert (job.state, job.error) == ("succeeded", None)
    assert job.result is not None
    assert job.result["withoutAssessment"] == [unassessed]
    with tools.engine.connect() as connection:
        content = b"".join(blocks(connection, job.id, job.result["file"]["name"]))
    assert len(content) == job.result["file"]["bytes"]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        [name] = archive.namelist()
        exported = archive.read(name)
    assert name.startswith("0115-_DP_1-")
    begins = {"json": b'{"id":', "geojson": b'{"type":"FeatureCollection"', "csv": b"kind,", "xlsx": b"PK"}
    assert exported.startswith(begins[form])
