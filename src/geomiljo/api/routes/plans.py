"""Plans as cases: made, listed, edited, given new geometries, withdrawn."""

from __future__ import annotations

import uuid
from typing import Annotated, Any
from urllib.parse import quote

import orjson
from fastapi import APIRouter, Body, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from geomiljo.access import Caller
from geomiljo.api.bbox import bounds_of
from geomiljo.api.body import is_form, read_body, read_form
from geomiljo.api.delivery import (
    AREA_BODY,
    Crs,
    Features,
    Table,
    Uses,
    area_of_document,
    codes_of,
    delivered,
    parsed_object,
    source_of,
)
from geomiljo.api.etags import etag_of, expected_revision, is_known
from geomiljo.api.paging import Cursor, Limit, cursor_of, next_link, place_of, sort_of
from geomiljo.api.plan_models import PLAN_BODY, PlanDocument, PlanPage, VersionDocument, VersionList
from geomiljo.api.problems import PROBLEM_RESPONSES
from geomiljo.api.security import CurrentCaller, HiddenLayers, require
from geomiljo.api.state import ServiceState, State
from geomiljo.assessments.freshness import Standing, since_document
from geomiljo.assessments.store import latest_assessment
from geomiljo.catalogue.rules import Severity
from geomiljo.crs import WIRE_CRS, parse_crs
from geomiljo.errors import InputError
from geomiljo.plans.case import PlanState, Stage, require_known_municipality
from geomiljo.plans.store import (
    PlanMetadata,
    PlanQuery,
    StoredPlan,
    add_version,
    create_plan,
    get_plan,
    get_source,
    get_version,
    list_plans,
    list_versions,
    update_plan,
    withdraw_plan,
)
from geomiljo.plans.visibility import visible
from geomiljo.reports.geojson import encoded
from geomiljo.texts import mark as _

router = APIRouter(
    prefix="/api/v1/plans",
    tags=["plans"],
    responses=PROBLEM_RESPONSES | dict.fromkeys((409, 412, 428), PROBLEM_RESPONSES[422]),
)
_MOST_NUMBER = 2**31 - 1


def open_plan(connection: Connection, caller: Caller, plan_id: uuid.UUID) -> StoredPlan:
    """Return a plan that the caller may read.

    Raises
    ------
    NotFound
    """
    plan = get_plan(connection, plan_id, where=visible(caller))
    require(caller, "plan.read", plan)
    return plan


def read_metadata(values: Any, place: tuple[str, ...] = ()) -> PlanMetadata:
    """Return metadata from a request.

    Raises
    ------
    RequestValidationError
        With the place of each fault.
    """
    try:
        return PlanMetadata.model_validate(values)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError([{**fault, "loc": ("body", *place, *fault["loc"])} for fault in faults]) from error


@router.get("", summary="Plans", response_model=PlanPage)
def plans(
    request: Request,
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    municipality: Annotated[list[str] | None, Query(description="Codes of municipalities")] = None,
    county: Annotated[list[str] | None, Query(description="Codes of counties")] = None,
    stage: Annotated[list[Stage] | None, Query(description="Status codes of the national plan schema")] = None,
    severity: Annotated[
        list[Severity] | None, Query(description="Worst severity of an objective in the latest assessment")
    ] = None,
    objective: Annotated[
        int | None, Query(ge=1, le=16, description="Objective that the latest assessment finds touched")
    ] = None,
    bbox: Annotated[str | None, Query(description="West, south, east, north; the plan meets it")] = None,
    bbox_crs: Annotated[str | None, Query(alias="bboxCrs", description="Coordinate system of bbox; CRS84")] = None,
    q: Annotated[str, Query(max_length=200, description="Part of name, designation or case number")] = "",
    plan_state: Annotated[PlanState, Query(alias="state", description="Withdrawn plans are asked for")] = "active",
    sort: Annotated[
        str, Query(description="changedAt, createdAt, name, designation, answerBy; - before: descending")
    ] = "-changedAt",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the plans that are open to you, each with its latest assessment in short."""
    key, is_descending = sort_of(sort)
    query = PlanQuery(
        municipality=tuple(municipality or ()),
        county=tuple(county or ()),
        stage=tuple(stage or ()),
        severity=tuple(severity or ()),
        objective=objective,
        bbox=bounds_of(bbox, bbox_crs),
        text=q,
        states=(plan_state,),
        sort=key,
        is_descending=is_descending,
        limit=limit,
        after=place_of(cursor, sort),
        where=visible(caller),
        hidden=hidden,
    )
    with state.engine.connect() as connection:
        page = list_plans(connection, query)
    link = next_link(request, cursor_of(sort, page.next) if page.next else None)
    answer = JSONResponse({"plans": [item.document() for item in page.items], "next": link})
    if link is not None:
        answer.headers["Link"] = f'<{link}>; rel="next"'
    return answer


@router.post("", summary="Keep a plan", status_code=201, response_model=PlanDocument, openapi_extra=PLAN_BODY)
async def create(
    request: Request,
    state: State,
    caller: CurrentCaller,
    crs: Crs = None,
    use: Uses = None,
    feature: Features = None,
    table: Table = None,
) -> Response:
    """Keep a plan: a file with its metadata, or JSON with the metadata and the `area` as GeoJSON."""
    require(caller, "plan.create")
    most = state.settings.max_upload_bytes
    body, fields = await read_form(request, most) if is_form(request) else (await read_body(request, most), {})
    try:
        return await run_in_threadpool(
            _create,
            state,
            caller,
            body,
            fields.get("metadata", ""),
            {"crs": crs, "uses": codes_of(use)},
            {"features": feature, "table": table},
        )
    finally:
        if isinstance(body, UploadFile):
            await body.close()


def _create(
    state: ServiceState,
    caller: Caller,
    body: bytes | UploadFile,
    stated: str,
    options: dict[str, Any],
    file_options: dict[str, Any],
) -> Response:
    values = parsed_object(body if isinstance(body, bytes) else stated.encode())
    document = values.pop("area", None) if isinstance(body, bytes) else None
    metadata = read_metadata(values)
    require(caller, "plan.create", metadata)
    require_known_municipality(state.assessor.catalogue, metadata.municipality)
    if isinstance(body, UploadFile):
        area = delivered(state, body, options, file_options)
    elif isinstance(document, dict):
        area = area_of_document(state, document, options)
    else:
        raise InputError(
            _("The plan has no area."), remedy=_("Send it as GeoJSON in the member `area`."), location="/area"
        )
    with state.engine.begin() as connection:
        plan = create_plan(connection, caller, metadata, area, source_of(body))
    return _answer(plan, 201, Location=f"/api/v1/plans/{plan.id}")


def _answer(plan: StoredPlan, status: int = 200, more: dict[str, Any] | None = None, **headers: str) -> Response:
    return JSONResponse({**plan.document(), **(more or {})}, status, {"ETag": etag_of(plan.revision), **headers})


@router.get("/{plan_id}", summary="A plan", response_model=PlanDocument)
def one(plan_id: uuid.UUID, state: State, caller: CurrentCaller, hidden: HiddenLayers) -> Response:
    """Give a plan with its latest assessment in short, and what has changed since that was made."""
    with state.engine.connect() as connection:
        plan = open_plan(connection, caller, plan_id)
        latest = latest_assessment(connection, plan_id, hidden=hidden)
        registers = state.assessor.catalogue
        changes = Standing.now(connection, registers).changes(connection, latest, plan.version) if latest else ()
    summary = latest and {**latest.summary(), **since_document(changes)}
    return _answer(plan, more={"latestAssessment": summary})


@router.patch("/{plan_id}", summary="Edit what is known about a plan", response_model=PlanDocument)
def edit(
    plan_id: uuid.UUID,
    request: Request,
    state: State,
    caller: CurrentCaller,
    changes: Annotated[dict[str, Any], Body(description="Members to change (RFC 7396); null clears one")],
) -> Response:
    """Change members of the metadata; `If-Match` names the revision that was read."""
    revision = expected_revision(request)
    with state.engine.begin() as connection:
        plan = open_plan(connection, caller, plan_id)
        require(caller, "plan.write", plan)
        metadata = read_metadata({**plan.metadata.document(), **changes})
        require(caller, "plan.create", metadata)
        require_known_municipality(state.assessor.catalogue, metadata.municipality)
        changed = update_plan(
            connection, caller, plan_id, metadata, expected_revision=plan.revision if revision is None else revision
        )
    return _answer(changed)


@router.delete(
    "/{plan_id}",
    summary="Withdraw a plan",
    response_model=PlanDocument,
    responses={204: {"description": "It was never assessed, and is deleted"}},
)
def withdraw(plan_id: uuid.UUID, request: Request, state: State, caller: CurrentCaller) -> Response:
    """Withdraw a plan: kept, hidden. One that was never assessed is deleted. `If-Match` may name its revision."""
    revision = expected_revision(request) if "if-match" in request.headers else None
    with state.engine.begin() as connection:
        require(caller, "plan.write", open_plan(connection, caller, plan_id))
        kept = withdraw_plan(connection, caller, plan_id, expected_revision=revision)
    return Response(status_code=204) if kept is None else _answer(kept)


@router.get("/{plan_id}/versions", summary="Geometries of a plan", response_model=VersionList)
def versions(plan_id: uuid.UUID, state: State, caller: CurrentCaller) -> Response:
    """List the versions of a plan, oldest first."""
    with state.engine.connect() as connection:
        open_plan(connection, caller, plan_id)
        found = list_versions(connection, plan_id)
    return JSONResponse({"versions": [version.document() for version in found]})


@router.post(
    "/{plan_id}/versions",
    summary="Give a plan a new geometry",
    status_code=201,
    response_model=VersionDocument,
    openapi_extra=AREA_BODY,
)
async def new_version(
    plan_id: uuid.UUID,
    request: Request,
    state: State,
    caller: CurrentCaller,
    crs: Crs = None,
    use: Uses = None,
    feature: Features = None,
    table: Table = None,
) -> Response:
    """Keep a new geometry, which becomes the current one. `If-Match` may name the plan's revision."""
    revision = expected_revision(request) if "if-match" in request.headers else None
    body = await read_body(request, state.settings.max_upload_bytes)
    file_options = {"features": feature, "table": table}

    def add() -> Response:
        with state.engine.connect() as connection:
            require(caller, "plan.write", open_plan(connection, caller, plan_id))
        area = delivered(state, body, {"crs": crs, "uses": codes_of(use)}, file_options)
        with state.engine.begin() as connection:
            require(caller, "plan.write", open_plan(connection, caller, plan_id))
            version = add_version(connection, caller, plan_id, area, source_of(body), expected_revision=revision)
        location = f"/api/v1/plans/{plan_id}/versions/{version.number}"
        return JSONResponse(version.document(), 201, {"Location": location})

    try:
        return await run_in_threadpool(add)
    finally:
        if isinstance(body, UploadFile):
            await body.close()


@router.get("/{plan_id}/versions/{number}", summary="A geometry of a plan", response_model=VersionDocument)
def one_version(
    plan_id: uuid.UUID,
    number: int,
    request: Request,
    state: State,
    caller: CurrentCaller,
    crs: Annotated[str | None, Query(description="Coordinate system of the geometry; CRS84")] = None,
) -> Response:
    """Give a version with its geometry and those of its parts as GeoJSON."""
    with state.engine.connect() as connection:
        open_plan(connection, caller, plan_id)
        version = get_version(connection, plan_id, min(number, _MOST_NUMBER))
    parts = version.area.parts
    outline, *shapes = encoded(
        [version.area.geometry, *(part.geometry for part in parts)], parse_crs(crs) if crs else WIRE_CRS
    )
    document = version.document() | {"geometry": orjson.Fragment(outline)}
    for part, shape in zip(document["parts"], shapes, strict=True):
        part["geometry"] = orjson.Fragment(shape)
    return Response(orjson.dumps(document), media_type="application/json")


@router.get(
    "/{plan_id}/versions/{number}/source",
    summary="The delivered file",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}, 304: {"description": "Unchanged"}},
)
def source(plan_id: uuid.UUID, number: int, request: Request, state: State, caller: CurrentCaller) -> Response:
    """Give the file that a version was delivered as, byte for byte."""
    with state.engine.connect() as connection:
        open_plan(connection, caller, plan_id)
        found = get_source(connection, plan_id, min(number, _MOST_NUMBER))
    etag = etag_of(found.sha256)
    if is_known(request, etag):
        return Response(status_code=304, headers={"ETag": etag})
    disposition = f"attachment; filename*=UTF-8''{quote(found.name, safe='')}"
    headers = {"ETag": etag, "Content-Disposition": disposition, "X-Content-Type-Options": "nosniff"}
    return Response(found.content, media_type="application/octet-stream", headers=headers)
