"""The maps of the planner's pages, as parts of a page."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import shapely

from geomiljo.analysis.together import found_together
from geomiljo.crs import WIRE_CRS, transform_one
from geomiljo.maps.sheet import draw_sheet
from geomiljo.pages.remembered import Remembered
from geomiljo.placement import read_extent
from geomiljo.texts import mark as _
from geomiljo.texts import translate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shapely.geometry.base import BaseGeometry

    from geomiljo.analysis.results import Assessment
    from geomiljo.analysis.shapes import Shapes
    from geomiljo.catalogue import Catalogue
    from geomiljo.maps.fragments import Fragments
    from geomiljo.maps.overlays import Surroundings
    from geomiljo.maps.sheet import Bounds, Sheet
    from geomiljo.texts import Language

_MEASURE_TEXTS = {
    "measuring": _("Click along what you measure. Esc ends."),
    "length": _("Length {length}"),
    "lengthArea": _("Length {length}, area {area}"),
}
_TEXTS = {
    **_MEASURE_TEXTS,
    "map": _("Map of the planning area with its findings. All that it shows is in the list too."),
    "close": _("Close"),
    "shown": _("The map shows {number}"),
    "all": _("All findings are shown"),
}
_DRAW_TEXTS = {
    **_MEASURE_TEXTS,
    "map": _("Map on which the planning area is drawn. Pasted coordinates give the same check by keyboard."),
    "close": _("Close"),
    "none": _("Nothing is drawn yet. Use the tools on the map."),
    "drawn": _("Areas drawn: {count}. Corners: {corners}. Area: {area}."),
    "place": _("N {north} E {east} in SWEREF 99 TM"),
    "crossing": _("The outline would cross itself there. Place the corner elsewhere."),
    "drawing": _("Place the corners by clicking; end at the first one. Esc cancels."),
    "editing": _("Drag the corners. Click on a corner with the right button to remove it."),
}
_FILLED = ("number", "count", "corners", "area", "length", "north", "east")
"""Places in the texts that the modules fill."""
_AREA_TEXTS = {**_MEASURE_TEXTS, "map": _("Map of what would be checked"), "close": _("Close")}


@dataclass(frozen=True, slots=True)
class ResultMap:
    """The map of a result.

    Attributes
    ----------
    sheet : Sheet
    fragments : Fragments
    together : mapping of str to tuple of str
        Other findings on the ground of each.
    """

    sheet: Sheet
    fragments: Fragments
    together: Mapping[str, tuple[str, ...]]


class ResultMaps:
    """The maps of results that were shown lately: a kept result never changes, and to draw it is most of its page."""

    def __init__(self, most: int = 64) -> None:
        self._made = Remembered[ResultMap](most)

    def of(
        self,
        key: tuple[str, Surroundings],
        assessment: Assessment,
        shapes: Callable[[], Shapes],
        surroundings: Callable[[Shapes], Surroundings],
    ) -> ResultMap:
        """Return the map of a result.

        Parameters
        ----------
        key : tuple of (str, Surroundings)
            What the map depends on: which result it is, and what can be shown around it.
        shapes, surroundings : callable
            Give the shapes of the assessment and what lies around; asked where the map has not been made.
        """

        def made() -> ResultMap:
            found = shapes()
            sheet = draw_sheet(assessment, found)
            return ResultMap(sheet, _result_map(sheet, surroundings(found)), found_together(found))

        return self._made.of(key, made)


def _result_map(sheet: Sheet, surroundings: Surroundings) -> Fragments:
    from geomiljo.maps.fragments import split  # Folium takes half a second to import
    from geomiljo.maps.web_map import web_map

    return split(web_map(sheet, surroundings, {"texts": _translated(_TEXTS, surroundings.language)}))


def area_map_of(area: BaseGeometry, surroundings: Surroundings) -> Fragments:
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
    texts = _translated(_AREA_TEXTS, surroundings.language)
    return split(area_map((west, south, east, north), surroundings, {"texts": texts}, shapes))


def start_map(catalogue: Catalogue, surroundings: Surroundings) -> Fragments:
    """Return a map on which one draws, of where the layers that can be shown lie; without any, of Sweden."""
    sweden = read_extent(catalogue.extent_file("sverige"))
    boxes = [shapely.box(*overlay.bounds) for overlay in surroundings.overlays]
    shown = sweden
    if boxes:
        shown = shapely.intersection(transform_one(shapely.unary_union(boxes).envelope, WIRE_CRS), sweden)
    west, south, east, north = (sweden if shown.is_empty else shown).bounds
    return _drawing((west, south, east, north), surroundings)


@lru_cache(maxsize=8)
def _drawing(bounds: Bounds, surroundings: Surroundings) -> Fragments:
    from geomiljo.maps.fragments import split
    from geomiljo.maps.web_map import drawing_map

    return split(drawing_map(bounds, surroundings, {"texts": _translated(_DRAW_TEXTS, surroundings.language)}))


def _translated(texts: Mapping[str, str], language: Language) -> dict[str, str]:
    return {
        name: translate(text, language, **{place: f"{{{place}}}" for place in _FILLED}) for name, text in texts.items()
    }
