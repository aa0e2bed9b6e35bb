"""From the form of a page to what is to be checked: the file, text or outline that was sent, and what is stated."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import shapely
from fastapi import Request
from starlette.datastructures import FormData, UploadFile

from geomiljo.api.body import read_fields
from geomiljo.api.delivery import source_of
from geomiljo.api.state import ServiceState
from geomiljo.assessments.checking import AreaRequest
from geomiljo.errors import InputError, InvalidGeometry, UnreadableFile
from geomiljo.plans.case import STAGES, PlanSource
from geomiljo.plans.example import EXAMPLE, EXAMPLE_NAME, example_source
from geomiljo.plans.pasted import pasted_area
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST_NAME = 300


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form of a page asks for.

    Attributes
    ----------
    source : PlanSource or None
        What was sent; None: it is kept already, as `request.upload`.
    request : AreaRequest
    is_chosen : bool
        Its sender has chosen what of it is meant.
    """

    source: PlanSource | None
    request: AreaRequest
    is_chosen: bool


async def form_of(request: Request, state: ServiceState) -> FormData:
    """Return the fields of a form that may hold a planning area."""
    return await read_fields(request, state.settings.max_upload_bytes)


def request_of(fields: Mapping[str, Any], features: list[str], uses: list[str]) -> AreaRequest:
    """Return what a form or an address states about a kept upload."""

    def text(name: str) -> str:
        value = fields.get(name)
        return value.strip() if isinstance(value, str) else ""

    stage = next((known for known in STAGES if known == text("stage")), None)
    return AreaRequest(
        upload=text("upload"),
        crs=text("crs") or None,
        table=text("table") or None,
        features=tuple(features),
        uses=tuple(uses),
        name=" ".join(text("name").split())[:_LONGEST_NAME],
        stage=stage,
        layer_set=text("layerSet") or None,
    )


def asked(form: FormData) -> Asked:
    """Return what a form asks for.

    Raises
    ------
    InputError
        Nothing is sent, or the text says nothing.
    """

    def texts(name: str) -> list[str]:
        return [value for value in form.getlist(name) if isinstance(value, str) and value]

    request = request_of(form, texts("feature"), texts("use"))
    if request.upload:
        return Asked(None, request, is_chosen=bool(form.get("chosen")))
    way = form.get("way") or "file"
    if way == "text":
        return _pasted(str(form.get("text") or ""), request)
    if way == EXAMPLE:
        return Asked(example_source(), replace(request, name=EXAMPLE_NAME), is_chosen=True)
    if way == "drawn":
        return Asked(_drawn(str(form.get("drawn") or "")), request, is_chosen=True)
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise InputError(
            _("No file is chosen."), remedy=_("Choose a file, or give the area in another way."), location="file"
        )
    return Asked(source_of(file), request, is_chosen=False)


def _pasted(text: str, request: AreaRequest) -> Asked:
    found = pasted_area(text, request.crs)
    return Asked(found.source, replace(request, crs=None, understood=(found.understood, found.crs)), is_chosen=False)


def _drawn(text: str) -> PlanSource:
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict) or not document.get("features"):
        raise UnreadableFile(
            _("Nothing is drawn."),
            remedy=_("Draw the planning area on the map, and end where you began."),
            location="drawn",
        )
    try:
        geometry = shapely.from_geojson(text)
    except shapely.errors.ShapelyError:
        geometry = None
    if geometry is None or not shapely.is_valid(geometry):
        raise InvalidGeometry(
            _("The outline that is drawn crosses itself."),
            remedy=_("Move its corners until no two edges meet, or draw it anew."),
            location="drawn",
        )
    return PlanSource("ritat.geojson", text.encode())
