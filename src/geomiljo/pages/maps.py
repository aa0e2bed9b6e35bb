"""The maps of the planner's pages, as parts of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geomiljo.texts import mark as _
from geomiljo.texts import translate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shapely.geometry.base import BaseGeometry

    from geomiljo.maps.fragments import Fragments
    from geomiljo.maps.overlays import Surroundings
    from geomiljo.maps.sheet import Bounds, Sheet
    from geomiljo.texts import Language

_TEXTS = {
    "map": _("Map of the planning area with its findings. All that it shows is in the list too."),
    "close": _("Close"),
    "shown": _("The map shows {number}"),
    "all": _("All findings are shown"),
}
_AREA_TEXTS = {"map": _("Map"), "close": _("Close")}


def result_map(sheet: Sheet, surroundings: Surroundings, language: Language) -> Fragments:
    """Return the map of a result."""
    from geomiljo.maps.fragments import split  # Folium takes half a second to import
    from geomiljo.maps.web_map import web_map

    return split(web_map(sheet, surroundings, {"texts": _translated(_TEXTS, language)}))


def area_map_of(area: BaseGeometry | None, bounds: Bounds, surroundings: Surroundings, language: Language) -> Fragments:
    """Return a map of what would be checked, or of where one can draw.

    Parameters
    ----------
    area : (Multi)Polygon or None
        EPSG:3006.
    bounds : tuple of float
        What is shown without an area, EPSG:3006.
    """
    from geomiljo.maps.fragments import split
    from geomiljo.maps.web_map import Shape, area_map

    shapes = [] if area is None else [Shape("m-plan-case", area), Shape("m-plan", area)]
    shown: Any = bounds if area is None else area.bounds
    return split(area_map(shown, surroundings, {"texts": _translated(_AREA_TEXTS, language)}, shapes))


def _translated(texts: Mapping[str, str], language: Language) -> dict[str, str]:
    return {name: translate(text, language, number="{number}") for name, text in texts.items()}
