"""Checking a planning area that is not kept."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from geomiljo.analysis.document import to_json
from geomiljo.analysis.results import Assessment
from geomiljo.api.body import read_body
from geomiljo.api.delivery import AREA_BODY, Crs, Features, Table, Uses, codes_of, delivered
from geomiljo.api.headers import EMBEDDED_POLICY
from geomiljo.api.limits import one_of_few_checks
from geomiljo.api.problems import PROBLEM_RESPONSES
from geomiljo.api.security import HiddenLayers
from geomiljo.api.state import Lang, ServiceState, State
from geomiljo.assessments import shapes_of
from geomiljo.layers.readers import open_reader
from geomiljo.maps import map_page
from geomiljo.reports.geojson import findings_geojson
from geomiljo.reports.tables import CSV_TYPE, assessment_csv, assessment_xlsx
from geomiljo.reports.workbook import XLSX_TYPE
from geomiljo.texts import Language

router = APIRouter(prefix="/api/v1", tags=["checks"], responses=PROBLEM_RESPONSES)

Format = Literal["json", "geojson", "html", "csv", "xlsx"]
_MEDIA_TYPES: dict[str, Format] = {
    "application/geo+json": "geojson",
    "text/html": "html",
    "text/csv": "csv",
    XLSX_TYPE: "xlsx",
    "application/json": "json",
}


@router.post(
    "/checks",
    summary="Check a planning area",
    response_model=Assessment,
    responses={200: {"content": {"application/geo+json": {}, "text/html": {}, "text/csv": {}, XLSX_TYPE: {}}}},
    openapi_extra=AREA_BODY,
    dependencies=[Depends(one_of_few_checks)],
)
async def check(
    request: Request,
    state: State,
    language: Lang,
    hidden: HiddenLayers,
    f: Annotated[Format | None, Query(description="Form of the answer; else by Accept, else JSON")] = None,
    crs: Crs = None,
    content_crs: Annotated[str | None, Header(description="The same, as a header")] = None,
    layer_set: Annotated[str | None, Query(alias="layerSet", description="Layers that must answer")] = None,
    use: Uses = None,
    feature: Features = None,
    table: Table = None,
) -> Response:
    """Check a planning area against all layers. Nothing is kept."""
    body = await read_body(request, state.settings.max_upload_bytes)
    options = {
        "crs": crs or (content_crs.strip("<>") if content_crs else None),
        "uses": codes_of(use),
    }
    form = f or _accepted(request.headers.get("accept", ""))
    try:
        return await run_in_threadpool(
            _check, state, body, options, {"features": feature, "table": table}, layer_set, hidden, form, language
        )
    finally:
        if isinstance(body, UploadFile):
            await body.close()


def _accepted(header: str) -> Format:
    return next((form for media, form in _MEDIA_TYPES.items() if media in header), "json")


def _check(
    state: ServiceState,
    body: bytes | UploadFile,
    options: dict[str, Any],
    file_options: dict[str, Any],
    layer_set: str | None,
    hidden: frozenset[str],
    form: Format,
    language: Language,
) -> Response:
    plan = delivered(state, body, options, file_options)
    with open_reader(state.engine) as reader:
        assessment = state.assessor.assess(plan, reader, layer_set, hidden)
        if form == "json":
            return Response(to_json(assessment), media_type="application/json")
        if form == "csv":
            return Response(assessment_csv(assessment), media_type=CSV_TYPE)
        if form == "xlsx":
            return Response(assessment_xlsx(assessment, language), media_type=XLSX_TYPE)
        shapes = shapes_of(assessment, plan, reader)
    if form == "geojson":
        return Response(findings_geojson(assessment, shapes), media_type="application/geo+json")
    page = map_page(assessment, shapes, catalogue=state.assessor.catalogue, language=language)
    return Response(page, media_type="text/html", headers=EMBEDDED_POLICY)
