"""The maps of the planner's pages, as parts of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from geomiljo.crs import WIRE_CRS, transform_one
from geomiljo.placement import read_extent
from geomiljo.texts import mark as _
from geomiljo.texts import translate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shapely.geometry.base import BaseGeometry

    from geomiljo.catalogue import Catalogue
    from geomiljo.maps.fragments import Fragments
    from geomiljo.maps.overlays import Surroundings
    from geomiljo.maps.sheet import Sheet
    from geomiljo.texts import Language

_TEXTS = {
    "map": _("Map of the planning area with its findings. All that it shows is in the list too."),
    "close": _("Close"),
    "shown": _("The map shows {number}"),
    "all": _("All findings are shown"),
}
_DRAW_TEXTS = {
    "map": _("Map on which the planning area is drawn. Pasted coordinates give the same check by keyboard."),
    "close": _("Close"),
    "none": _("Nothing is drawn yet. Use the tools on the map."),
    "drawn": _("Areas drawn: {count}. Corners: {corners}."),
    "crossing": _("The outline would cross itself there. Place the corner elsewhere."),
    "drawing": _("Place the corners by clicking; end at the first one. Esc cancels."),
    "editing": _("Drag the corners. Click on a corner with the right button to remove it."),
}
_AREA_TEXTS = {"map": _("Map of what would be checked"), "close": _("Close")}


def result_map(sheet: Sheet, surroundings: Surroundings, language: Language) -> Fragments:
    """Return the map of a result."""
    from geomiljo.maps.fragments import split  # Folium takes half a second to import
    from geomiljo.maps.web_map import web_map

    return split(web_map(sheet, surroundings, {"texts": _translated(_TEXTS, language)}))


def area_map_of(area: BaseGeometry, surroundings: Surroundings, language: Language) -> Fragments:
    """Return a map of what would be checked.

    Parameters
    ----------
    area : (Multi)Polygon
        EPSG:3006.
    """
    from geomiljo.maps.fragments import split
    from geomiljo.maps.web_map import Shape, area_map

    shapes = [Shape("m-plan-case", area), Shape("m-plan", area)]
    west, south, east, north = area.bounds
    bounds = (west, south, east, north)
    return split(area_map(bounds, surroundings, {"texts": _translated(_AREA_TEXTS, language)}, shapes))


def start_map(catalogue: Catalogue, surroundings: Surroundings, language: Language) -> Fragments:
    """Return a map on which one draws, of where the layers that can be shown lie; without any, of Sweden."""
    from geomiljo.maps.fragments import split
    from geomiljo.maps.web_map import drawing_map

    sweden = read_extent(catalogue.extent_file("sverige"))
    boxes = [shapely.box(*overlay.bounds) for overlay in surroundings.overlays]
    shown = sweden
    if boxes:
        shown = shapely.intersection(transform_one(shapely.unary_union(boxes).envelope, WIRE_CRS), sweden)
    west, south, east, north = (sweden if shown.is_empty else shown).bounds
    return split(drawing_map((west, south, east, north), surroundings, {"texts": _translated(_DRAW_TEXTS, language)}))


def _translated(texts: Mapping[str, str], language: Language) -> dict[str, str]:
    return {
        name: translate(text, language, number="{number}", count="{count}", corners="{corners}")
        for name, text in texts.items()
    }
