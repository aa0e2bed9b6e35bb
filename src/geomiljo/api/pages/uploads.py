"""Choosing what of an upload is meant: its table, its coordinate system, its features; seen before it is checked."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response

from geomiljo.analysis.area import PlanArea
from geomiljo.api.pages.answers import PageFrame, page, page_router
from geomiljo.api.pages.asked import request_of
from geomiljo.api.security import HiddenLayers
from geomiljo.api.state import ServiceState, State
from geomiljo.assessments.checking import AreaRequest, look_into, read_area
from geomiljo.assessments.checks import get_upload
from geomiljo.errors import InputError
from geomiljo.maps.overlays import image_origins
from geomiljo.pages.maps import area_map_of
from geomiljo.pages.start import filled, options
from geomiljo.pages.upload import upload_view
from geomiljo.plans.case import PlanSource
from geomiljo.plans.contents import Contents
from geomiljo.publishing.overlays import surroundings

router = page_router()
Several = Annotated[list[str] | None, Query()]


@router.get("/uploads/{upload_id}")
def upload(
    upload_id: str,
    request: Request,
    frame: PageFrame,
    state: State,
    hidden: HiddenLayers,
    feature: Several = None,
    use: Several = None,
) -> Response:
    """Show what is in an upload and what would be checked of it."""
    stated = {**request.query_params, "upload": upload_id}
    wanted = request_of(stated, feature or [], use or [])
    with state.engine.connect() as connection:
        source = get_upload(connection, upload_id)
        around = surroundings(connection, state.assessor.catalogue, hidden, state.settings.base_maps, frame.language)
    contents, area, error = _read(source, state, wanted)
    form = {**filled(stated), "use": wanted.uses, "table": wanted.table or ""}
    fragments = None if area is None else area_map_of(area.geometry, around)
    return page(
        frame,
        "upload.html",
        scripts=[] if fragments is None else [fragments.script],
        images=image_origins(around.base_maps),
        fragments=fragments,
        around=around,
        section="check",
        upload_id=upload_id,
        view=upload_view(source.name, wanted, contents, area, error, frame.language),
        form=form,
        **options(state.assessor.catalogue, frame.language),
    )


def _read(
    source: PlanSource, state: ServiceState, wanted: AreaRequest
) -> tuple[Contents | None, PlanArea | None, InputError | None]:
    """Read an upload as far as it goes: what is in it, what would be checked, and what is wrong."""
    contents = None
    try:
        contents = look_into(source, state.settings, wanted)
        return contents, read_area(source, state.settings, state.assessor, wanted), None
    except InputError as error:
        return contents, None, error
