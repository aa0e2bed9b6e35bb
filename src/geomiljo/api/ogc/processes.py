"""OGC API Processes: what can be asked for, and asking for it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from geomiljo.api.body import read_body
from geomiljo.api.limits import one_of_few_checks
from geomiljo.api.ogc.asking import Asking
from geomiljo.api.ogc.execution import ExecuteRequest
from geomiljo.api.ogc.known import require_declared
from geomiljo.api.ogc.links import Base, json_link
from geomiljo.api.problems import PROBLEM_RESPONSES
from geomiljo.api.security import CurrentCaller, HiddenLayers
from geomiljo.api.state import Lang, State
from geomiljo.jobs.faults import InvalidParameterValue
from geomiljo.jobs.processes import Process, process_of, processes_of
from geomiljo.texts import Language
from geomiljo.texts import mark as _

CONFORMANCE = tuple(
    f"http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/{name}"
    for name in ("core", "ogc-process-description", "json", "oas30", "job-list", "callback", "dismiss")
)
router = APIRouter(
    prefix="/ogc",
    tags=["processes"],
    dependencies=[Depends(require_declared)],
    responses=PROBLEM_RESPONSES,
)
_EXECUTE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": ExecuteRequest.model_json_schema(by_alias=True)}},
    }
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The outputs: as they are, in parts, or in one document",
        "content": {
            media_type: {"schema": {}}
            for media_type in (
                "application/json",
                "application/geo+json",
                "text/html",
                "text/plain",
                "multipart/related",
            )
        },
    },
    201: {
        "description": "The job that was started",
        "headers": {"Location": {"schema": {"type": "string"}}, "Preference-Applied": {"schema": {"type": "string"}}},
        "content": {"application/json": {"schema": {"type": "object"}}},
    },
    204: {"description": "All outputs are wanted by reference: see the header Link"},
}


@router.get("/processes", operation_id="getProcesses", summary="The processes")
def processes(
    state: State,
    language: Lang,
    base: Base,
    limit: Annotated[int, Query(ge=1, le=10_000, description="Most processes in the answer")] = 10,
) -> dict[str, Any]:
    """List what can be asked for."""
    found = list(processes_of(state.assessor.catalogue).values())[:limit]
    return {
        "processes": [{**process.summary(language), "links": _links(process, base, language)[:1]} for process in found],
        "links": [json_link(f"{base}/processes", "self", _("The processes"), language)],
    }


@router.get("/processes/{process_id}", operation_id="getProcessDescription", summary="One process")
def process_description(process_id: str, state: State, language: Lang, base: Base) -> dict[str, Any]:
    """Tell what a process takes and gives."""
    process = process_of(state.assessor.catalogue, process_id)
    return {**process.document(language), "links": _links(process, base, language)}


@router.post(
    "/processes/{process_id}/execution",
    operation_id="execute",
    summary="Run a process",
    responses=_ANSWERS,
    openapi_extra=_EXECUTE,
    response_class=Response,
    dependencies=[Depends(one_of_few_checks)],
)
async def execute(
    process_id: str,
    request: Request,
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    language: Lang,
    base: Base,
    prefer: Annotated[str, Header(description="`respond-async`: as a job")] = "",
) -> Response:
    """Run a process: at once, or as a job where the caller prefers that."""
    process = process_of(state.assessor.catalogue, process_id)
    body = await read_body(request, state.settings.max_upload_bytes)
    if not isinstance(body, bytes):
        await body.close()
        raise InvalidParameterValue(_("A process is asked in JSON."), remedy=_("Send the area as the input `area`."))
    asking = Asking(state, caller, hidden, process, language, base, request.state.request_id)
    preferences = frozenset(part.strip().lower() for part in prefer.split(","))
    return await run_in_threadpool(asking.answer, body, preferences)


def _links(process: Process, base: str, language: Language) -> list[dict[str, str]]:
    address = f"{base}/processes/{process.id}"
    execute = "http://www.opengis.net/def/rel/ogc/1.0/execute"
    return [
        json_link(address, "self", process.title, language),
        json_link(f"{address}/execution", execute, _("Run the process"), language),
        json_link(f"{base}/jobs?processID={process.id}", "related", _("Jobs of the process"), language),
    ]
