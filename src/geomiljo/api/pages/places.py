"""Looking for a place: a page with what was found, which the start page's map takes its list from."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response

from geomiljo.api.pages.answers import PageFrame, page, page_router
from geomiljo.api.security import CurrentCaller, HiddenLayers
from geomiljo.api.state import State
from geomiljo.pages.places import place_rows
from geomiljo.publishing.finder import find_places

router = page_router()


@router.get("/places")
def places(
    frame: PageFrame,
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    q: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Show places that a text can mean: coordinates, municipalities and counties, plans, objects of layers."""
    catalogue = state.assessor.catalogue
    with state.engine.connect() as connection:
        found = find_places(connection, catalogue, caller, hidden, q) if q.strip() else ()
    return page(frame, "places.html", section="check", asked=q, found=place_rows(found, catalogue, frame.language))
