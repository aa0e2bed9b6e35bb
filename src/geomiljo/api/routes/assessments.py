"""Kept assessments: made of a plan's version, frozen, read in any form."""

from __future__ import annotations

import uuid
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy import Connection

from geomiljo.access import Caller
from geomiljo.analysis.document import to_json
from geomiljo.analysis.results import Assessment
from geomiljo.analysis.shapes import Shapes
from geomiljo.api.etags import etag_of, is_known
from geomiljo.api.headers import EMBEDDED_POLICY
from geomiljo.api.limits import one_of_few_checks
from geomiljo.api.plan_models import AssessmentList, AssessmentSummary
from geomiljo.api.problems import PROBLEM_RESPONSES
from geomiljo.api.routes.plans import open_plan
from geomiljo.api.security import CurrentCaller, HiddenLayers, require
from geomiljo.api.state import Lang, State
from geomiljo.assessments.cover_map import stored_cover_map
from geomiljo.assessments.freshness import Standing, since_document
from geomiljo.assessments.reviews import reviews_of
from geomiljo.assessments.store import (
    StoredAssessment,
    assess_plan,
    get_assessment,
    list_assessments,
    stored_shapes,
)
from geomiljo.crs import WIRE_CRS, parse_crs
from geomiljo.maps import map_page
from geomiljo.plans.store import get_plan, get_version
from geomiljo.plans.visibility import visible
from geomiljo.reports.cover_geojson import cover_geojson
from geomiljo.reports.export import exported, selected, selected_shapes
from geomiljo.reports.geojson import findings_geojson
from geomiljo.reports.workbook import XLSX_TYPE

router = APIRouter(prefix="/api/v1", tags=["assessments"], responses=PROBLEM_RESPONSES)

Plan = Annotated[
    uuid.UUID | None,
    Query(description="The plan, where plans of the same outline and uses share the id; else the newest of them"),
]
Chosen = Annotated[list[str] | None, Query(description="Ids of findings: only these; of layers and objectives all")]
_FROZEN = "private, max-age=31536000, immutable"


def open_assessment(
    connection: Connection,
    caller: Caller,
    hidden: frozenset[str],
    assessment_id: str,
    plan_id: uuid.UUID | None = None,
) -> StoredAssessment:
    """Return a kept assessment that the caller may read.

    Raises
    ------
    NotFound
    """
    stored = get_assessment(connection, assessment_id, plan_id=plan_id, hidden=hidden, where=visible(caller))
    require(caller, "plan.read", get_plan(connection, stored.plan_id))
    return stored


@router.get("/plans/{plan_id}/assessments", summary="A plan's assessments", response_model=AssessmentList)
def of_plan(plan_id: uuid.UUID, state: State, caller: CurrentCaller, hidden: HiddenLayers) -> Response:
    """List the plan's kept assessments, newest first, each with what has changed since."""
    with state.engine.connect() as connection:
        plan = open_plan(connection, caller, plan_id)
        found = list_assessments(connection, plan_id, hidden=hidden)
        standing = Standing.now(connection, state.assessor.catalogue)
        told = [_summary(connection, stored, standing, plan.version) for stored in found]
    return JSONResponse({"assessments": told})


def _summary(
    connection: Connection, stored: StoredAssessment, standing: Standing, current_version: int
) -> dict[str, object]:
    changes = standing.changes(connection, stored, current_version)
    return {**stored.summary(), **since_document(changes)}


@router.post(
    "/plans/{plan_id}/assessments",
    summary="Assess a plan",
    status_code=201,
    response_model=AssessmentSummary,
    responses={200: {"description": "Nothing has changed since this assessment was made", "model": AssessmentSummary}},
    dependencies=[Depends(one_of_few_checks)],
)
def assess(
    plan_id: uuid.UUID,
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Number of a version; the current")] = None,
    layer_set: Annotated[str | None, Query(alias="layerSet", description="Layers that must answer")] = None,
) -> Response:
    """Assess a version of the plan and keep the assessment; nothing changed: give the kept one."""
    with state.engine.connect() as connection:
        plan = open_plan(connection, caller, plan_id)
        require(caller, "assessment.create", plan)
        version_id = plan.version_id if version is None else get_version(connection, plan_id, version).id
        before = {stored.key for stored in list_assessments(connection, plan_id, hidden=hidden)}
    stored = assess_plan(state.engine, state.assessor, version_id, caller=caller, hidden=hidden, layer_set=layer_set)
    location = f"/api/v1/assessments/{stored.id}?plan={plan_id}"
    return JSONResponse(stored.summary(), 200 if stored.key in before else 201, {"Location": location})


@router.get(
    "/assessments/{assessment_id}",
    summary="A kept assessment",
    response_model=Assessment,
    responses={
        200: {"content": {"text/csv": {}, XLSX_TYPE: {}}},
        304: {"description": "It is what you have: assessments never change"},
    },
)
def one(
    assessment_id: str,
    request: Request,
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    language: Lang,
    f: Annotated[Literal["json", "csv", "xlsx"], Query(description="Form of the answer")] = "json",
    finding: Chosen = None,
    plan: Plan = None,
) -> Response:
    """Give an assessment as it was made: JSON, or its tables as CSV or XLSX."""
    with state.engine.connect() as connection:
        stored = open_assessment(connection, caller, hidden, assessment_id, plan)
    chosen = finding or []
    etag = etag_of("-".join([str(stored.key), f, *chosen, *([language] if f == "xlsx" else [])]))
    headers = {"ETag": etag, "Cache-Control": _FROZEN, "Vary": "Authorization, Cookie, Accept-Language"}
    if is_known(request, etag):
        return Response(status_code=304, headers=headers)
    if f == "json" and not chosen:
        return Response(stored.document, media_type="application/json", headers=headers)
    assessment = selected(stored.assessment, chosen)
    if f == "json":
        return Response(to_json(assessment), media_type="application/json", headers=headers)
    headers["Content-Disposition"] = f'attachment; filename="{stored.id}.{f}"'
    content, media_type = exported(assessment, None, f, (), language)
    return Response(content, media_type=media_type, headers=headers)


@router.get(
    "/assessments/{assessment_id}/freshness", summary="What has changed since", response_model=AssessmentSummary
)
def freshness(
    assessment_id: str, state: State, caller: CurrentCaller, hidden: HiddenLayers, plan: Plan = None
) -> Response:
    """Tell which layers, registers or geometry the assessment stands on have changed since it was made."""
    with state.engine.connect() as connection:
        stored = open_assessment(connection, caller, hidden, assessment_id, plan)
        current = get_plan(connection, stored.plan_id).version
        standing = Standing.now(connection, state.assessor.catalogue)
        told = _summary(connection, stored, standing, current)
    return JSONResponse(told)


@router.get(
    "/assessments/{assessment_id}/findings",
    summary="Findings as GeoJSON",
    response_class=Response,
    responses={200: {"content": {"application/geo+json": {"schema": {"type": "object"}}}}},
)
def findings(
    assessment_id: str,
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    crs: Annotated[str | None, Query(description="Coordinate system of the answer; CRS84")] = None,
    finding: Chosen = None,
    plan: Plan = None,
) -> Response:
    """Give the plan, its parts and each finding's objects, cut as they were measured."""
    system = parse_crs(crs) if crs else WIRE_CRS
    with state.engine.connect() as connection:
        stored, shapes = _with_shapes(connection, caller, hidden, assessment_id, plan)
        disputed = reviews_of(connection, stored, hidden=hidden).disputed
    chosen = finding or []
    assessment, shapes = selected(stored.assessment, chosen), selected_shapes(shapes, chosen)
    return Response(findings_geojson(assessment, shapes, system, disputed), media_type="application/geo+json")


@router.get(
    "/assessments/{assessment_id}/land-cover",
    summary="Land cover of the account as GeoJSON",
    response_class=Response,
    responses={200: {"content": {"application/geo+json": {"schema": {"type": "object"}}}}},
)
def land_cover(
    assessment_id: str,
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    crs: Annotated[str | None, Query(description="Coordinate system of the answer; CRS84")] = None,
    plan: Plan = None,
) -> Response:
    """Give the ground of each class of land cover inside the plan, as the ecosystem-service account measured it."""
    system = parse_crs(crs) if crs else WIRE_CRS
    with state.engine.connect() as connection:
        stored = open_assessment(connection, caller, hidden, assessment_id, plan)
        drawn = stored_cover_map(connection, state.assessor.catalogue, stored)
    document = cover_geojson(((shape.cover, shape.geometry) for shape in drawn), system)
    return Response(document, media_type="application/geo+json")


@router.get(
    "/assessments/{assessment_id}/map",
    summary="The assessment as a map page",
    response_class=Response,
    responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}},
)
def as_map(
    assessment_id: str,
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    language: Lang,
    plan: Plan = None,
) -> Response:
    """Give one HTML document with map, findings and what could not be checked."""
    with state.engine.connect() as connection:
        stored, shapes = _with_shapes(connection, caller, hidden, assessment_id, plan)
        disputed = reviews_of(connection, stored, hidden=hidden).disputed
    registers = state.assessor.catalogue
    page = map_page(stored.assessment, shapes, catalogue=registers, language=language, disputed=disputed)
    return Response(page, media_type="text/html", headers=EMBEDDED_POLICY)


def _with_shapes(
    connection: Connection, caller: Caller, hidden: frozenset[str], assessment_id: str, plan_id: uuid.UUID | None
) -> tuple[StoredAssessment, Shapes]:
    stored = open_assessment(connection, caller, hidden, assessment_id, plan_id)
    return stored, stored_shapes(connection, stored)
