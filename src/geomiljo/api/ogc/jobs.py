"""OGC API Processes: the jobs of processes, which are jobs like all others; see `geomiljo.api.routes.jobs`."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from geomiljo.api.ogc.known import require_declared
from geomiljo.api.ogc.links import Base, json_link
from geomiljo.api.ogc.results import results_answer
from geomiljo.api.problems import PROBLEM_RESPONSES
from geomiljo.api.security import CurrentCaller, require
from geomiljo.api.state import Lang, State
from geomiljo.database.work_tables import Job
from geomiljo.errors import NotFound
from geomiljo.jobs import store
from geomiljo.jobs.documents import STATES, asked_of, failure, kept_outputs, status_info
from geomiljo.jobs.faults import InvalidParameterValue, JobDismissed, NoSuchJob, NoSuchOutput, ResultNotReady
from geomiljo.jobs.listing import JobQuery, is_open_to, process_jobs
from geomiljo.jobs.processes import process_of
from geomiljo.texts import mark as _

_PROBLEM = PROBLEM_RESPONSES[404]
router = APIRouter(
    prefix="/ogc",
    tags=["processes"],
    dependencies=[Depends(require_declared)],
    responses=PROBLEM_RESPONSES | {410: _PROBLEM, 500: _PROBLEM},
)


def _readable_job(job_id: str, state: State, caller: CurrentCaller) -> Job:
    """Return a job of a process; one of nobody in particular is open to who knows its id."""
    if "\0" in job_id:
        raise _no_such_job(job_id)
    try:
        with state.engine.connect() as connection:
            job = store.get_job(connection, job_id)
    except NotFound as error:
        raise _no_such_job(job_id) from error
    if not is_open_to(job, caller):
        raise _no_such_job(job_id)
    return job


def _no_such_job(job_id: str) -> NoSuchJob:
    return NoSuchJob(_("There is no job {job}."), job=job_id)


ReadableJob = Annotated[Job, Depends(_readable_job)]


@router.get("/jobs", operation_id="getJobs", summary="The newest jobs, one's own")
def jobs(
    state: State,
    caller: CurrentCaller,
    language: Lang,
    base: Base,
    kind: Annotated[list[str], Query(alias="type", description="Only `process`")] = [],  # noqa: B006 - not changed
    process: Annotated[list[str], Query(alias="processID", description="Only jobs of these processes")] = [],  # noqa: B006
    status: Annotated[list[str], Query(description="accepted, running, successful, failed or dismissed")] = [],  # noqa: B006
    datetime: Annotated[str | None, Query(description="Moment or interval in which they were created")] = None,
    least_s: Annotated[int | None, Query(alias="minDuration", ge=0, description="Seconds that they ran")] = None,
    most_s: Annotated[int | None, Query(alias="maxDuration", ge=0, description="Seconds that they ran")] = None,
    limit: Annotated[int, Query(ge=1, le=1_000, description="Most jobs in the answer")] = 10,
) -> dict[str, Any]:
    """List the caller's jobs of processes, newest first; administrators see all."""
    require(caller, "job.read")
    _several(kind, "type", ("process",))
    since, until = _interval(datetime)
    query = JobQuery(
        processes=_several(process, "processID"),
        statuses=_several(status, "status", tuple(STATES)),
        since=since,
        until=until,
        least_s=least_s,
        most_s=most_s,
    )
    with state.engine.connect() as connection:
        found = process_jobs(connection, caller, query, limit)
    return {
        "jobs": [status_info(job, base, language) for job in found],
        "links": [json_link(f"{base}/jobs", "self", _("Jobs"), language)],
    }


@router.get("/jobs/{job_id}", operation_id="getStatus", summary="State of a job")
def job_status(job: ReadableJob, language: Lang, base: Base) -> dict[str, Any]:
    """Tell the state of a job and how far it has come."""
    return status_info(job, base, language)


@router.delete("/jobs/{job_id}", operation_id="dismiss", summary="Dismiss a job")
def dismiss(job: ReadableJob, state: State, language: Lang, base: Base) -> dict[str, Any]:
    """Stop a job, at once while it waits, at its next step while it runs; one that has ended goes with its results."""
    with state.engine.begin() as connection:
        if job.state not in store.UNFINISHED:
            store.drop_job(connection, job.id)
            return {**status_info(job, base, language), "status": "dismissed", "links": []}
        store.cancel_job(connection, job.id)
        return status_info(store.get_job(connection, job.id), base, language)


@router.get("/jobs/{job_id}/results", operation_id="getResult", summary="Results of a job", response_class=Response)
def results(job: ReadableJob, state: State) -> Response:
    """Give the results in the way that was asked for when the job was started."""
    _require_successful(job)
    asked = asked_of(job)
    with state.engine.connect() as connection:
        outputs = kept_outputs(connection, job)
    return results_answer(process_of(state.assessor.catalogue, job.kind), outputs, asked.delivery, job.id)


@router.get(
    "/jobs/{job_id}/results/{output}", operation_id="getOutput", summary="One result of a job", response_class=Response
)
def one_result(job: ReadableJob, output: str, state: State) -> Response:
    """Give one output as it is."""
    _require_successful(job)
    with state.engine.connect() as connection:
        found = kept_outputs(connection, job, {output})
    if not found:
        raise NoSuchOutput(
            _("The job has no output {output}."),
            remedy=_("Ask for it when you start the job."),
            output=output,
        )
    media_type = process_of(state.assessor.catalogue, job.kind).outputs[output].media_type
    return Response(found[output], media_type=media_type)


def _require_successful(job: Job) -> None:
    if job.state in store.UNFINISHED:
        raise ResultNotReady(_("Job {job} has not ended."), remedy=_("Look at its state, and ask again."), job=job.id)
    if job.state == "cancelled":
        raise JobDismissed(_("Job {job} was dismissed; it has no results."), job=job.id)
    if job.state == "failed":
        raise failure(job)


def _several(given: list[str], parameter: str, known: tuple[str, ...] | None = None) -> tuple[str, ...]:
    """Return the values of a parameter, whether it is repeated or has them with commas."""
    values = tuple(value for item in given for value in item.split(",") if value)
    for value in values:
        if known is not None and value not in known:
            raise InvalidParameterValue(
                _("{parameter} cannot be {value}."),
                remedy=_("It can be: {known}."),
                location=parameter,
                parameter=parameter,
                value=value[:100],
                known=", ".join(known),
            )
    return values


def _interval(given: str | None) -> tuple[dt.datetime | None, dt.datetime | None]:
    """Return the ends of a moment or an interval, RFC 3339; ``..`` is open."""
    if given is None:
        return None, None
    start, slash, end = given.partition("/")
    try:
        since, until = _moment(start), _moment(end if slash else start)
    except ValueError as error:
        raise InvalidParameterValue(
            _("{given} is no moment and no interval."),
            remedy=_("Write 2026-01-31T12:00:00Z, or two of these with / between, or .. for an open end."),
            location="datetime",
            given=given[:100],
        ) from error
    return since, until


def _moment(given: str) -> dt.datetime | None:
    if given in {"", ".."}:
        return None
    moment = dt.datetime.fromisoformat(given)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
