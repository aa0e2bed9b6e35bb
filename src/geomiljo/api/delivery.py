"""From a request's body to the planning area in it, and to what was delivered."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

from fastapi import Query
from starlette.datastructures import UploadFile

from geomiljo.analysis.area import PlanArea
from geomiljo.api.state import ServiceState
from geomiljo.errors import InputError, UnreadableFile
from geomiljo.plans import plan_area_from_geojson, read_plan_area
from geomiljo.plans.case import PlanSource
from geomiljo.texts import mark as _

AREA_BODY: dict[str, Any] = {
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

Crs = Annotated[str | None, Query(description="Coordinate system of the body, where it states none")]
Uses = Annotated[str | None, Query(description="Land uses of the whole area, by code, with commas")]
Features = Annotated[list[str] | None, Query(description="Only these features of a file")]
Table = Annotated[str | None, Query(description="Table of a file with several")]


def codes_of(use: str | None) -> list[str] | None:
    """Return the land uses that a request names."""
    return [code.strip() for code in use.split(",") if code.strip()] if use else None


def delivered(
    state: ServiceState,
    body: bytes | UploadFile,
    options: dict[str, Any],
    file_options: dict[str, Any] | None = None,
) -> PlanArea:
    """Return the planning area of a body or an uploaded file.

    Parameters
    ----------
    options : dict
        `crs` and `uses` of :func:`geomiljo.plans.read_plan_area`.
    file_options : dict, optional
        Its `features` and `table`.

    Raises
    ------
    InputError
        See :func:`geomiljo.plans.read_plan_area`.
    """
    if isinstance(body, bytes):
        return area_of_document(state, parsed_object(body), options)
    name = file_name(body)
    if name in ("", ".", ".."):
        raise InputError(
            _("The uploaded file has no name."), remedy=_("Send it as the form field `file` with a file name.")
        )
    with tempfile.TemporaryDirectory(prefix="geomiljo-") as folder:
        path = Path(folder) / name
        with path.open("wb") as target:
            while chunk := body.file.read(1 << 20):
                target.write(chunk)
        registers = state.assessor.catalogue
        return read_plan_area(path, catalogue=registers, settings=state.settings, **options, **(file_options or {}))


def source_of(body: bytes | UploadFile) -> PlanSource:
    """Return what was delivered, byte for byte."""
    if isinstance(body, bytes):
        return PlanSource("request.json", body)
    body.file.seek(0)
    return PlanSource(file_name(body), body.file.read())


def file_name(upload: UploadFile) -> str:
    """Return the name of an uploaded file without folders, as any file system takes it."""
    name = PurePosixPath((upload.filename or "").replace("\\", "/")).name
    return "".join(letter for letter in name if letter.isprintable())[-100:]


def area_of_document(state: ServiceState, document: dict[str, Any], options: dict[str, Any]) -> PlanArea:
    """Return the planning area of a parsed GeoJSON document."""
    registers = state.assessor.catalogue
    return plan_area_from_geojson(document, catalogue=registers, settings=state.settings, **options)


def parsed_object(body: bytes) -> dict[str, Any]:
    """Return a body as a JSON object.

    Raises
    ------
    UnreadableFile
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
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
