"""Places that somebody looked for, in words and where a map shows them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import shapely

from geomiljo.crs import ANALYSIS_CRS, WIRE_CRS, transform_one
from geomiljo.pages.start import crs_name
from geomiljo.texts import mark as _
from geomiljo.texts import translate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geomiljo.catalogue import Catalogue
    from geomiljo.publishing.finder import Bounds, FoundPlace
    from geomiljo.texts import Language

_LEAST_SIDE_M = 400.0
"""Ground that is shown around what is smaller."""
_WORLD_M = 2e7
"""So many metres over the side of what is shown is two to the power of the zoom that shows it, in our latitudes."""


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A place in a list.

    Attributes
    ----------
    title, about : str
    corners : str
        South, west, north and east in degrees, for the map.
    on_map : str
        Address of the start page with its map there.
    address : str
        Page about the place: of the plan, or what all layers have there.
    """

    title: str
    about: str
    corners: str
    on_map: str
    address: str


def place_rows(found: Sequence[FoundPlace], catalogue: Catalogue, language: Language) -> list[PlaceRow]:
    """Return places in words."""
    return [_row(place, catalogue, language) for place in found]


def _row(place: FoundPlace, catalogue: Catalogue, language: Language) -> PlaceRow:
    west, south, east, north = _degrees(place.bounds)
    side = max(place.bounds[2] - place.bounds[0], place.bounds[3] - place.bounds[1], _LEAST_SIDE_M)
    zoom = round(math.log2(_WORLD_M / side))
    x, y = (place.bounds[0] + place.bounds[2]) / 2, (place.bounds[1] + place.bounds[3]) / 2
    there = urlencode({"x": f"{x:.1f}", "y": f"{y:.1f}"})
    return PlaceRow(
        title=place.title,
        about=_about(place, catalogue, language),
        corners=f"{south:.6f},{west:.6f},{north:.6f},{east:.6f}",
        on_map=f"/?view={(south + north) / 2:.5f},{(west + east) / 2:.5f},{zoom}",
        address=f"/plans/{place.id}" if place.kind == "plan" else f"/here?{there}",
    )


def _about(place: FoundPlace, catalogue: Catalogue, language: Language) -> str:
    if place.kind == "coordinates":
        return crs_name(place.about)
    if place.kind == "object":
        return catalogue.layers[place.about].title.get(language)
    return " ".join(filter(None, (translate(_("plan"), language), place.about)))


def _degrees(bounds: Bounds) -> Bounds:
    """Return bounds in degrees, with room around what is small."""
    west, south, east, north = bounds
    aside = max(0.0, (_LEAST_SIDE_M - (east - west)) / 2)
    above = max(0.0, (_LEAST_SIDE_M - (north - south)) / 2)
    ground = shapely.box(west - aside, south - above, east + aside, north + above)
    west, south, east, north = transform_one(ground, ANALYSIS_CRS, WIRE_CRS).bounds
    return west, south, east, north
