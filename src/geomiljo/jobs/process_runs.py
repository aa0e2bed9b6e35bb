"""Running a process: at once, with the results in hand, or as a job, whose results are kept as its files."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import func

from geomiljo.analysis.document import to_json
from geomiljo.assessments import shapes_of
from geomiljo.jobs import plans
from geomiljo.jobs.callbacks import tell_begun
from geomiljo.jobs.documents import OUTPUT
from geomiljo.jobs.files import blocks, write_file
from geomiljo.jobs.kinds import CheckArea, CheckPlans, Echo
from geomiljo.jobs.store import enqueue, new_job_id, write_job
from geomiljo.jobs.work import Outcome
from geomiljo.layers.readers import open_reader
from geomiljo.maps import map_page
from geomiljo.plans import plan_area_from_geojson
from geomiljo.plans.store import get_plan, get_version
from geomiljo.plans.visibility import visible
from geomiljo.reports.geojson import findings_geojson

if TYPE_CHECKING:
    import uuid

    from sqlalchemy import Connection, Engine

    from geomiljo.access import Caller
    from geomiljo.analysis.area import PlanArea
    from geomiljo.jobs.kinds import OfProcess
    from geomiljo.jobs.work import Tools, Work

INPUT = "input"
"""Name of the file with the area of a job."""

_TICK_S = 0.1


@dataclass(frozen=True, slots=True)
class Made:
    """What came of a process.

    Attributes
    ----------
    outputs : dict of str to bytes
        Each output in its media type.
    result : dict
        What the job tells besides, as JSON has it.
    failed, of : int
        As of :class:`~geomiljo.jobs.work.Outcome`.
    """

    outputs: dict[str, bytes]
    result: dict[str, Any] = field(default_factory=dict)
    failed: int = 0
    of: int = 0

    def kept(self) -> dict[str, Any]:
        """Return the result of the job that keeps the outputs: it names them, with their bytes."""
        return {**self.result, "outputs": {name: len(content) for name, content in self.outputs.items()}}


def run_process(work: Work, asked: OfProcess, area: PlanArea | None = None) -> Made:
    """Do what is asked with the rights of the asker.

    Parameters
    ----------
    area : PlanArea, optional
        That of :class:`CheckArea`.
    """
    if isinstance(asked, CheckArea):
        assert area is not None  # noqa: S101 - read by whoever calls
        return _check(work, asked, area)
    if isinstance(asked, CheckPlans):
        outcome = plans.assess(work, asked)
        return Made({"assessments": orjson.dumps(outcome.result["assessments"])}, {}, outcome.failed, outcome.of)
    assert isinstance(asked, Echo)  # noqa: S101 - the last of the three
    return _echo(work, asked)


def process_job(work: Work, asked: OfProcess) -> Outcome:
    """Run a process as a job, and keep what it makes."""
    tell_begun(work.tools, work.progress.job_id, asked.delivery)
    area = job_area(work, asked) if isinstance(asked, CheckArea) else None
    made = run_process(work, asked, area)
    with work.tools.engine.begin() as connection:
        keep_outputs(connection, work.progress.job_id, made)
    return Outcome(made.kept(), made.failed, made.of)


def queue_process(
    connection: Connection,
    caller: Caller,
    asked: OfProcess,
    document: dict[str, Any] | None,
    *,
    most: int,
    request_id: str | None,
) -> str:
    """Queue a process; see :func:`geomiljo.jobs.store.enqueue`.

    Parameters
    ----------
    document : dict or None
        GeoJSON of the area of :class:`CheckArea`, where it names no plan.
    """
    job_id = enqueue(connection, caller, asked, most=most, request_id=request_id)
    if document is not None:
        write_file(connection, job_id, INPUT, io.BytesIO(orjson.dumps(document)))
    return job_id


def keep_outputs(connection: Connection, job_id: str, made: Made) -> None:
    """Keep outputs as files of a job."""
    for name, content in made.outputs.items():
        write_file(connection, job_id, OUTPUT + name, io.BytesIO(content))


def keep_as_job(connection: Connection, caller: Caller, asked: OfProcess, made: Made, request_id: str | None) -> str:
    """Keep what was made at once as a job that has ended; return its id."""
    job_id = new_job_id()
    ended = {"started_at": func.now(), "finished_at": func.now()}
    write_job(connection, job_id, caller, asked, request_id, state="succeeded", result=made.kept(), **ended)
    keep_outputs(connection, job_id, made)
    return job_id


def area_given(tools: Tools, asked: CheckArea, document: dict[str, Any]) -> PlanArea:
    """Return the area of a GeoJSON document.

    Raises
    ------
    InputError
        See :func:`geomiljo.plans.read_plan_area`.
    """
    return plan_area_from_geojson(
        document, catalogue=tools.assessor.catalogue, settings=tools.settings, crs=asked.crs, uses=asked.uses
    )


def area_of_plan(engine: Engine, caller: Caller, plan_id: uuid.UUID) -> PlanArea:
    """Return the area of a plan's current version, if the caller may see it.

    Raises
    ------
    NotFound
    """
    with engine.connect() as connection:
        get_plan(connection, plan_id, where=visible(caller))
        return get_version(connection, plan_id).area


def job_area(work: Work, asked: CheckArea) -> PlanArea:
    """Return the area that a job is to check."""
    if asked.plan is not None:
        with work.as_caller():
            return area_of_plan(work.tools.service, work.caller, asked.plan)
    with work.tools.engine.connect() as connection:
        content = b"".join(blocks(connection, work.progress.job_id, INPUT))
    return area_given(work.tools, asked, orjson.loads(content))


def _check(work: Work, asked: CheckArea, area: PlanArea) -> Made:
    tools, wanted = work.tools, asked.delivery.outputs
    work.progress.step(0, 1 + len(wanted))
    with work.as_caller(), open_reader(tools.service) as reader:
        assessment = tools.assessor.assess(area, reader, asked.layer_set, work.hidden)
        shapes = shapes_of(assessment, area, reader) if wanted.keys() - {"assessment"} else None
    outputs: dict[str, bytes] = {}
    for name in wanted:
        work.progress.step(1 + len(outputs))
        if shapes is None or name == "assessment":
            outputs[name] = to_json(assessment)
        elif name == "findings":
            outputs[name] = findings_geojson(assessment, shapes)
        else:
            registers, language = tools.assessor.catalogue, asked.delivery.language
            outputs[name] = map_page(assessment, shapes, catalogue=registers, language=language).encode()
    work.progress.step(1 + len(wanted))
    return Made(outputs, {"assessment": assessment.id})


def _echo(work: Work, asked: Echo) -> Made:
    until = time.monotonic() + asked.pause_s
    work.progress.step(0, 1)
    while time.monotonic() < until:
        time.sleep(_TICK_S)
        work.progress.step()
    outputs = {
        name: value.encode() if name == "text" else orjson.dumps(value)
        for name, value in asked.inputs.items()
        if name in asked.delivery.outputs
    }
    work.progress.step(1)
    return Made(outputs)
