"""What is at a place: the page that a click on a map opens, and a form with coordinates."""

from __future__ import annotations

from fastapi import Response

from geomiljo.api.pages.answers import PageFrame, page, page_router
from geomiljo.api.place import place_of
from geomiljo.api.routes.features import East, Latitude, Longitude, North, System, Within
from geomiljo.api.security import HiddenLayers
from geomiljo.api.state import State
from geomiljo.layers.here import layers_at
from geomiljo.pages.here import here_view

router = page_router()
_ANALYSIS = "EPSG:3006"


@router.get("/here")
def what_is_here(
    frame: PageFrame,
    state: State,
    hidden: HiddenLayers,
    lon: Longitude = None,
    lat: Latitude = None,
    x: East = None,
    y: North = None,
    crs: System = _ANALYSIS,
    within: Within = 0.0,
) -> Response:
    """Show what every layer has at a place; without one, the form alone."""
    catalogue = state.assessor.catalogue
    view = None
    if lon is not None or x is not None:
        place = place_of(catalogue, lon, lat, None) if x is None else place_of(catalogue, x, y, crs)
        with state.engine.connect() as connection:
            found = layers_at(connection, catalogue, hidden, place, within)
        view = here_view(found, place.x, place.y, frame.language)
    return page(frame, "here.html", section="layers", here=view)
