"""The map of an assessment in every form: a page of its own, one file, paper, a picture; of kept checks likewise."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Annotated, Literal

from fastapi import Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from geomiljo.access import Caller
from geomiljo.api.headers import EMBEDDED_POLICY
from geomiljo.api.ogc.tiles import TILE_TYPE
from geomiljo.api.pages.answers import PageFrame, page, page_router
from geomiljo.api.routes.assessments import open_assessment
from geomiljo.api.security import CurrentCaller, HiddenLayers
from geomiljo.api.state import Lang, ServiceState, State
from geomiljo.assessments.check_pieces import keep_pieces
from geomiljo.assessments.checks import get_check, shapes_of_check
from geomiljo.assessments.reviews import reviews_of
from geomiljo.assessments.store import stored_shapes
from geomiljo.maps import map_page
from geomiljo.maps.overlays import image_origins
from geomiljo.maps.paper import Format, Orientation
from geomiljo.maps.picture import map_picture, picture_svg
from geomiljo.maps.sheet import draw_sheet
from geomiljo.pages.mapped import Mapped, drawn_window, map_content, map_fragments
from geomiljo.pages.printed import Paper, plan_window, printed_content
from geomiljo.publishing.cases import pieces_of, pieces_of_check
from geomiljo.publishing.collections import Collection
from geomiljo.publishing.grids import grid_named
from geomiljo.publishing.ground import ground_of
from geomiljo.publishing.overlays import surroundings, with_pieces
from geomiljo.publishing.tiles import tile_content
from geomiljo.reports.export import selected, selected_shapes

router = page_router()
PICTURE_MM = {"landscape": (180.0, 120.0), "portrait": (180.0, 200.0)}
"""Width and height of the map on a picture: as wide as the text of a report."""

Plan = Annotated[uuid.UUID | None, Query()]
Scale = Annotated[Literal[""] | int, Query(description="Denominator; none: the whole plan is shown")]


def _opened(request: Request, state: State, caller: CurrentCaller, hidden: HiddenLayers, plan: Plan = None) -> Mapped:
    """Return the assessment or check of the address, with its shapes."""
    if "check_id" in request.path_params:
        return _of_check(request.path_params["check_id"], state, hidden)
    return _of_assessment(request.path_params["assessment_id"], state, caller, hidden, plan)


def _of_assessment(
    assessment_id: str, state: ServiceState, caller: Caller, hidden: frozenset[str], plan: uuid.UUID | None
) -> Mapped:
    with state.engine.connect() as connection:
        stored = open_assessment(connection, caller, hidden, assessment_id, plan)
        shapes = stored_shapes(connection, stored)
        disputed = reviews_of(connection, stored, hidden=hidden).disputed
    query = {"plan": str(stored.plan_id)}
    return Mapped(stored.assessment, shapes, f"/assessments/{stored.id}", query, disputed)


def _of_check(check_id: str, state: ServiceState, hidden: frozenset[str]) -> Mapped:
    with state.engine.connect() as connection:
        check = get_check(connection, check_id, hidden)
        shapes = shapes_of_check(connection, check)
    return Mapped(check.assessment, shapes, f"/checks/{check.id}")


Shown = Annotated[Mapped, Depends(_opened)]
"""What the address is about."""


@router.get("/assessments/{assessment_id}/map")
@router.get("/checks/{check_id}/map")
def as_page(frame: PageFrame, state: State, hidden: HiddenLayers, shown: Shown) -> Response:
    """Show the map alone, also inside pages of the origins that may."""
    catalogue, settings = state.assessor.catalogue, state.settings
    with state.engine.connect() as connection:
        around = surroundings(connection, catalogue, hidden, settings.base_maps, frame.language)
        ground = ground_of(connection, catalogue, hidden, drawn_window(shown))
    around = with_pieces(around, shown.address, shown.query_text, shown.shapes.plan.geometry.bounds)
    sheet = draw_sheet(shown.assessment, shown.shapes)
    fragments = map_fragments(sheet, around)
    return page(
        frame,
        "map.html",
        scripts=[fragments.script],
        images=image_origins(around.base_maps),
        frames=settings.embed_origins,
        fragments=fragments,
        left_out=sheet.left_out,
        shown=shown,
        disputed=shown.disputed,
        **map_content(shown, around, ground, catalogue),
    )


@router.get("/assessments/{assessment_id}/map.html")
@router.get("/checks/{check_id}/map.html")
def as_file(state: State, language: Lang, shown: Shown) -> Response:
    """Give the map with everything it shows as one file that needs no network."""
    document = map_page(
        shown.assessment,
        shown.shapes,
        catalogue=state.assessor.catalogue,
        language=language,
        disputed=shown.disputed,
    )
    return Response(document, media_type="text/html", headers={**EMBEDDED_POLICY, **_saved_as(shown, "html")})


@router.get("/assessments/{assessment_id}/print")
@router.get("/checks/{check_id}/print")
def on_paper(
    frame: PageFrame,
    state: State,
    hidden: HiddenLayers,
    shown: Shown,
    format: Annotated[Format, Query()] = "A4",  # noqa: A002 - the parameter's name
    orientation: Annotated[Orientation, Query()] = "portrait",
    scale: Scale = "",
    finding: Annotated[list[str] | None, Query(description="Only these findings")] = None,
) -> Response:
    """Show the map as it goes on paper, in an exact scale, with its tables; of selected findings those alone."""
    chosen, paper = finding or [], Paper(format, orientation, scale or None)
    assessment = selected(shown.assessment, chosen)
    shown = replace(shown, assessment=assessment, shapes=selected_shapes(shown.shapes, chosen))
    catalogue, window = state.assessor.catalogue, paper.window(shown.shapes)
    with state.engine.connect() as connection:
        ground = ground_of(connection, catalogue, hidden, window)
    content = printed_content(shown, paper, window, ground, catalogue=catalogue, language=frame.language)
    return page(frame, "print.html", shown=shown, disputed=shown.disputed, **content)


@router.get("/assessments/{assessment_id}/map.png")
@router.get("/checks/{check_id}/map.png")
def as_picture(
    state: State,
    hidden: HiddenLayers,
    language: Lang,
    shown: Shown,
    orientation: Annotated[Orientation, Query()] = "landscape",
    scale: Scale = "",
    dpi: Annotated[int, Query(ge=72, le=400, description="Dots to the inch")] = 192,
) -> Response:
    """Give the map with title, scale and legend as a picture."""
    window = plan_window(shown.shapes, *PICTURE_MM[orientation], scale or None)
    with state.engine.connect() as connection:
        ground = ground_of(connection, state.assessor.catalogue, hidden, window)
    sheet = draw_sheet(shown.assessment, shown.shapes, paper=window.bounds)
    picture = picture_svg(shown.assessment, sheet, window, language, ground)
    return Response(map_picture(picture, dpi), media_type="image/png", headers=_saved_as(shown, "png"))


@router.get("/assessments/{assessment_id}/pieces/{level}/{row}/{column}")
async def pieces(
    assessment_id: str,
    level: str,
    row: str,
    column: str,
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    plan: Plan = None,
) -> Response:
    """Give a tile of everything that was found inside the plan, for maps that hold only some of it."""

    def opened() -> int:
        with state.engine.connect() as connection:
            return open_assessment(connection, caller, hidden, assessment_id, plan).key

    return await _tile(state, pieces_of(await run_in_threadpool(opened)), level, row, column)


@router.get("/checks/{check_id}/pieces/{level}/{row}/{column}")
async def check_pieces(
    check_id: str, level: str, row: str, column: str, state: State, caller: CurrentCaller, hidden: HiddenLayers
) -> Response:
    """Give a tile of everything that a kept check found inside its area, likewise."""
    await run_in_threadpool(keep_pieces, state.engine, check_id, caller, hidden)
    return await _tile(state, pieces_of_check(check_id), level, row, column)


async def _tile(state: ServiceState, collection: Collection, level: str, row: str, column: str) -> Response:
    place = grid_named("WebMercatorQuad").tile(level, row, column)
    async with state.reading.session(is_told=True) as session:
        content = await tile_content(session, collection, None, place, state.settings.tile_features)
    headers = {"Cache-Control": "private, max-age=3600"}  # what is kept never changes
    return Response(content.data, 200 if content.data else 204, headers, TILE_TYPE)


def _saved_as(shown: Mapped, form: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{shown.assessment.id[:12]}.{form}"'}
