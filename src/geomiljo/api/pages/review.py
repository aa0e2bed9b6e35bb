"""The county board's queue as pages."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Annotated, Literal

from fastapi import Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection

from geomiljo.api.pages.answers import PageFrame, page, page_router
from geomiljo.api.paging import cursor_of, place_of
from geomiljo.api.routes.county import county_of, today
from geomiljo.api.security import CurrentCaller, HiddenLayers
from geomiljo.api.state import Lang, State
from geomiljo.assessments.queue import QueuedPlan, QueueQuery, list_queue, queue_totals
from geomiljo.assessments.queue_places import queue_places
from geomiljo.assessments.saved_views import remove_view, save_view, saved_views
from geomiljo.catalogue import Catalogue
from geomiljo.maps.overlays import image_origins
from geomiljo.pages.queue import QueueForm, queue_map, queue_view
from geomiljo.pages.queue_file import MOST_PLANS, plans_geopackage, queue_xlsx, whole_queue
from geomiljo.publishing.overlays import surroundings
from geomiljo.reports.geopackage import GEOPACKAGE_TYPE
from geomiljo.reports.workbook import XLSX_TYPE

router = page_router()


@router.get("/review")
def queue(
    form: Annotated[QueueForm, Query()],
    frame: PageFrame,
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    language: Lang,
) -> Response:
    """Show the plans that the county board is to answer."""
    county = county_of(caller, form.county or None)
    asked = form.asked(today(), county, hidden)
    registers = state.assessor.catalogue
    with state.engine.connect() as connection:
        shown = list_queue(connection, registers, replace(asked, after=place_of(form.cursor, form.sort)))
        totals = queue_totals(connection, asked)
        places, matching = queue_places(connection, registers, asked)
        views = saved_views(connection, caller)
        around = surroundings(connection, registers, hidden, state.settings.base_maps, language)
    fragments = queue_map(places, around, language)
    view = queue_view(
        shown,
        totals,
        matching,
        form,
        catalogue=registers,
        county=county,
        today=asked.today,
        views=views,
        language=language,
    )
    return page(
        frame,
        "queue.html",
        section="review",
        scripts=[fragments.script],
        images=image_origins(state.settings.base_maps),
        fragments=fragments,
        left_out=matching - len(places),
        next_page=form.address(cursor=cursor_of(form.sort, shown.next)) if shown.next else None,
        **view,
    )


@router.get("/review/export")
def export(
    form: Annotated[QueueForm, Query()],
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    language: Lang,
    f: Annotated[Literal["xlsx", "gpkg"], Query()],
) -> Response:
    """Give all plans that the filters let through as a file."""
    asked = form.asked(today(), county_of(caller, form.county or None), hidden)
    registers = state.assessor.catalogue
    with state.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        plans, places = plans_with_places(connection, registers, asked)
    if f == "xlsx":
        content, media_type = queue_xlsx(plans, registers, asked.today, language), XLSX_TYPE
    else:
        content, media_type = plans_geopackage("review", plans, places), GEOPACKAGE_TYPE
    headers = {"Content-Disposition": f'attachment; filename="granskning-{asked.today}.{f}"'}
    return Response(content, media_type=media_type, headers=headers)


def plans_with_places(
    connection: Connection, registers: Catalogue, asked: QueueQuery
) -> tuple[tuple[QueuedPlan, ...], dict[uuid.UUID, BaseGeometry]]:
    """Return all plans that are asked for and where they lie, EPSG:3006; the connection sees one state of the database.

    Raises
    ------
    LimitExceeded
        They are more than a file holds.
    """
    plans = whole_queue(list_queue(connection, registers, replace(asked, limit=MOST_PLANS)))
    places, _matching = queue_places(connection, registers, asked, most=MOST_PLANS)
    return plans, {place.id: place.geometry for place in places}


@router.post("/review/views")
def keep_view(
    state: State,
    caller: CurrentCaller,
    name: Annotated[str, Form()] = "",
    query: Annotated[str, Form()] = "",
) -> Response:
    """Keep the question under a name."""
    county_of(caller)
    with state.engine.begin() as connection:
        save_view(connection, caller, name, query)
    return RedirectResponse(f"/review?{query}" if query else "/review", 303)


@router.post("/review/views/remove")
def forget_view(request: Request, state: State, caller: CurrentCaller, name: Annotated[str, Form()]) -> Response:
    """Forget a kept question."""
    county_of(caller)
    with state.engine.begin() as connection:
        remove_view(connection, caller, name)
    return RedirectResponse("/review", 303)
