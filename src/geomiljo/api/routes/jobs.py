"""Background work over HTTP: asked for, followed, cancelled."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from geomiljo.access import ANONYMOUS, Caller
from geomiljo.api.body import read_body
from geomiljo.api.job_document import JobDocument, JobLineDocument, job_document, line_document
from geomiljo.api.problems import PROBLEM_RESPONSES
from geomiljo.api.security import CurrentCaller, require
from geomiljo.api.state import Lang, ServiceState, State
from geomiljo.database.work_tables import Job
from geomiljo.errors import InputError, NotFound, NotSignedIn
from geomiljo.jobs import store
from geomiljo.jobs.files import blocks, write_file
from geomiljo.jobs.kinds import AskedWork, LoadLayer, Parameters
from geomiljo.jobs.layers import UPLOAD
from geomiljo.layers.attributes import parse_mapping
from geomiljo.texts import Language
from geomiljo.texts import mark as _

router = APIRouter(prefix="/api/v1", tags=["jobs"], responses=PROBLEM_RESPONSES)
_UPLOAD_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}


def _readable_job(job_id: str, state: State, caller: CurrentCaller) -> Job:
    """Return a job of the caller's own; administrators see all."""
    with state.engine.connect() as connection:
        job = store.get_job(connection, job_id)
    if caller.role != "admin" and (job.caller_id != caller.id or caller.id == ANONYMOUS.id):
        raise store.no_such_job(job_id)
    return job


ReadableJob = Annotated[Job, Depends(_readable_job)]


@router.post("/jobs", summary="Start work in the background", status_code=202, response_model=JobDocument)
def start(
    asked: Annotated[AskedWork, Body()],
    request: Request,
    response: Response,
    state: State,
    caller: CurrentCaller,
    language: Lang,
) -> JobDocument:
    """Queue work; the answer tells where to follow it."""
    _require_for(caller, asked)
    for layer in getattr(asked, "layers", ()):
        state.assessor.catalogue.layer(layer)
    return _start(state, caller, asked, request, response, language)


@router.post(
    "/layers/{layer_id}/versions",
    summary="Load a file as the new version of a layer",
    status_code=202,
    response_model=JobDocument,
    openapi_extra=_UPLOAD_BODY,
)
async def load_layer(
    layer_id: str,
    request: Request,
    response: Response,
    state: State,
    caller: CurrentCaller,
    language: Lang,
    table: Annotated[str | None, Query(description="Table of a file with several")] = None,
    crs: Annotated[str | None, Query(description="Coordinate system, where the file states none")] = None,
    source_date: Annotated[dt.date | None, Query(alias="sourceDate", description="Date of the data")] = None,
    coverage: Annotated[
        str | None,
        Query(pattern=r"^(sweden|county:\d{2}(,\d{2})*)$", description="What it maps: `sweden` or `county:NN,NN`"),
    ] = None,
    mapping: Annotated[
        list[str] | None,
        Query(alias="map", max_length=200, description="ATTRIBUTE=COLUMN: column that holds an attribute"),
    ] = None,
    accept: Annotated[bool, Query(description="Use it however it differs from the active version")] = False,
) -> JobDocument:
    """Keep an uploaded file and queue its loading."""
    require(caller, "layer.write")
    state.assessor.catalogue.layer(layer_id)
    columns = parse_mapping(mapping or [])
    body = await read_body(request, state.settings.max_upload_bytes)
    if not isinstance(body, UploadFile):
        raise InputError(
            _("A layer is sent as a form."), remedy=_("Send the file as multipart/form-data in the field `file`.")
        )
    asked = LoadLayer(
        layer=layer_id,
        file=body.filename or "layer",
        table=table,
        crs=crs,
        mapping=columns,
        source_date=source_date,
        coverage=coverage,
        accept=accept,
    )
    try:
        return await run_in_threadpool(_start, state, caller, asked, request, response, language, body)
    finally:
        await body.close()


def _require_for(caller: Caller, asked: Parameters) -> None:
    if caller.id == ANONYMOUS.id:
        raise NotSignedIn(
            _("Background work is for those who are signed in."),
            remedy=_("Sign in, or send an API key as a bearer token."),
        )
    require(caller, asked.action())


def _start(
    state: ServiceState,
    caller: Caller,
    asked: Parameters,
    request: Request,
    response: Response,
    language: Language,
    upload: UploadFile | None = None,
) -> JobDocument:
    most = state.settings.jobs_per_client
    with state.engine.begin() as connection:
        job_id = store.enqueue(connection, caller, asked, most=most, request_id=request.state.request_id)
        if upload is not None:
            write_file(connection, job_id, UPLOAD, upload.file)
        job = store.get_job(connection, job_id)
    response.headers["Location"] = f"/api/v1/jobs/{job_id}"
    return job_document(job, language)


@router.get("/jobs", summary="The newest jobs, one's own")
def jobs(
    state: State,
    caller: CurrentCaller,
    language: Lang,
    limit: Annotated[int, Query(ge=1, le=200, description="Most jobs in the answer")] = 50,
) -> list[JobDocument]:
    """List the caller's jobs, newest first; administrators see all."""
    require(caller, "job.read")
    if caller.id == ANONYMOUS.id:
        return []
    with state.engine.connect() as connection:
        found = store.list_jobs(connection, None if caller.role == "admin" else caller.id, limit)
    return [job_document(job, language) for job in found]


@router.get("/jobs/{job_id}", summary="One job")
def one_job(job: ReadableJob, language: Lang) -> JobDocument:
    """Tell the state of a job and how far it has come."""
    return job_document(job, language)


@router.delete("/jobs/{job_id}", summary="Cancel a job")
def cancel(job: ReadableJob, state: State, language: Lang) -> JobDocument:
    """Cancel a job: at once while it waits, at its next step while it runs."""
    with state.engine.begin() as connection:
        store.cancel_job(connection, job.id)
        return job_document(store.get_job(connection, job.id), language)


@router.get("/jobs/{job_id}/log", summary="What a job has said")
def log(
    job: ReadableJob,
    state: State,
    language: Lang,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="Only lines after this number")] = 0,
) -> list[JobLineDocument]:
    """List the lines of a job's log."""
    with state.engine.connect() as connection:
        return [line_document(line, language) for line in store.job_lines(connection, job.id, after)]


@router.get("/jobs/{job_id}/file", summary="The file that a job has made", response_class=StreamingResponse)
def file(job: ReadableJob, state: State) -> StreamingResponse:
    """Give the file that an export has made."""
    made = (job.result or {}).get("file")
    if made is None:
        raise NotFound(_("Job {job} has made no file."), remedy=_("Look at its state first."), job=job.id)

    def content() -> Iterator[bytes]:
        with state.engine.connect() as connection:
            yield from blocks(connection, job.id, made["name"])

    headers = {"Content-Disposition": f'attachment; filename="{made["name"]}"', "Content-Length": str(made["bytes"])}
    return StreamingResponse(content(), media_type=made["mediaType"], headers=headers)


@router.get("/jobs/{job_id}/events", summary="Follow a job", response_class=EventSourceResponse)
async def events(
    job: ReadableJob,
    state: State,
    language: Lang,
    last_event_id: Annotated[int | None, Header(ge=0, le=2**31 - 1, description="Last line that was seen")] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Send `line` for each line of the log and `job` for each change, until the job has ended."""
    seen, told = last_event_id or 0, None
    with state.events.following(job.id) as changed:
        while True:
            changed.clear()
            now, lines = await run_in_threadpool(_look, state, job.id, seen)
            for line in lines:
                seen = line["number"]
                yield ServerSentEvent(event="line", id=str(seen), data=line_document(line, language))
            document = job_document(now, language)
            if document != told:
                yield ServerSentEvent(event="job", data=document)
            told = document
            if now.state not in store.UNFINISHED:
                return
            await changed.wait()


def _look(state: ServiceState, job_id: str, after: int) -> tuple[Job, list[dict[str, Any]]]:
    with state.engine.connect() as connection:
        return store.get_job(connection, job_id), store.job_lines(connection, job_id, after)
