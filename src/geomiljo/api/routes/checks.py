"""Checking a planning area that is not kept."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from geomiljo.analysis.area import PlanArea
from geomiljo.analysis.results import Assessment, to_json
from geomiljo.api.body import read_body
from geomiljo.api.problems import PROBLEM_RESPONSES
from geomiljo.api.security import HiddenLayers
from geomiljo.api.state import Lang, ServiceState, State
from geomiljo.assessments import shapes_of
from geomiljo.errors import InputError, UnreadableFile
from geomiljo.layers.readers import open_reader
from geomiljo.maps import map_page
from geomiljo.plans import plan_area_from_geojson, read_plan_area
from geomiljo.reports.geojson import findings_geojson
from geomiljo.texts import Language
from geomiljo.texts import mark as _

router = APIRouter(prefix="/api/v1", tags=["checks"], responses=PROBLEM_RESPONSES)

Format = Literal["json", "geojson", "html"]
_MEDIA_TYPES: dict[str, Format] = {
    "application/geo+json": "geojson",
    "text/html": "html",
    "application/json": "json",
}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "A GeoJSON geometry, Feature or FeatureCollection, or a file of any format that is read",
        "content": {
            "application/geo+json": {"schema": {"type": "object"}},
            "application/json": {"schema": {"type": "object"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
        },
    }
}


@router.post(
    "/checks",
    summary="Check a planning area",
    response_model=Assessment,
    responses={200: {"content": {"application/geo+json": {}, "text/html": {}}}},
    openapi_extra=_BODY,
)
async def check(
    request: Request,
    state: State,
    language: Lang,
    hidden: HiddenLayers,
    f: Annotated[Format | None, Query(description="Form of the answer; else by Accept, else JSON")] = None,
    crs: Annotated[str | None, Query(description="Coordinate system of the body, where it states none")] = None,
    content_crs: Annotated[str | None, Header(description="The same, as a header")] = None,
    layer_set: Annotated[str | None, Query(alias="layerSet", description="Layers that must answer")] = None,
    use: Annotated[str | None, Query(description="Land uses of the whole area, by code, with commas")] = None,
    feature: Annotated[list[str] | None, Query(description="Only these features of a file")] = None,
    table: Annotated[str | None, Query(description="Table of a file with several")] = None,
) -> Response:
    """Check a planning area against all layers. Nothing is kept."""
    body = await read_body(request, state.settings.max_upload_bytes)
    options = {
        "crs": crs or (content_crs.strip("<>") if content_crs else None),
        "uses": [code.strip() for code in use.split(",") if code.strip()] if use else None,
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
    plan = _plan_area(state, body, options, file_options)
    with open_reader(state.engine) as reader:
        assessment = state.assessor.assess(plan, reader, layer_set, hidden)
        if form == "json":
            return Response(to_json(assessment), media_type="application/json")
        shapes = shapes_of(assessment, plan, reader)
    if form == "geojson":
        return Response(findings_geojson(assessment, shapes), media_type="application/geo+json")
    page = map_page(assessment, shapes, catalogue=state.assessor.catalogue, language=language)
    return Response(page, media_type="text/html")


def _plan_area(
    state: ServiceState, body: bytes | UploadFile, options: dict[str, Any], file_options: dict[str, Any]
) -> PlanArea:
    registers = state.assessor.catalogue
    if isinstance(body, bytes):
        return plan_area_from_geojson(_document(body), catalogue=registers, settings=state.settings, **options)
    name = PurePosixPath(body.filename or "").name
    if not name:
        raise InputError(
            _("The uploaded file has no name."), remedy=_("Send it as the form field `file` with a file name.")
        )
    with tempfile.TemporaryDirectory(prefix="geomiljo-") as folder:
        path = Path(folder) / name
        with path.open("wb") as target:
            while chunk := body.file.read(1 << 20):
                target.write(chunk)
        return read_plan_area(path, catalogue=registers, settings=state.settings, **options, **file_options)


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError as error:
        raise UnreadableFile(
            _("The body is not JSON: {reason}."),
            remedy=_("Send GeoJSON, or a file as multipart/form-data in the field `file`."),
            reason=str(error),
        ) from error
    if not isinstance(document, dict):
        raise UnreadableFile(
            _("The body is JSON, but no GeoJSON object."),
            remedy=_("Send a geometry, a Feature or a FeatureCollection."),
        )
    return document
