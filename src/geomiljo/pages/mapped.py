"""The map of an assessment as a page of its own, and what all forms of the map are made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from geomiljo import wording
from geomiljo.maps.drawing import draw_map
from geomiljo.maps.gaps import gaps
from geomiljo.maps.page import module_texts
from geomiljo.maps.sheet import draw_sheet
from geomiljo.pages.printed import plan_window

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geomiljo.analysis.results import Assessment
    from geomiljo.analysis.shapes import Shapes
    from geomiljo.catalogue import Catalogue
    from geomiljo.maps.fragments import Fragments
    from geomiljo.maps.overlays import GroundShapes, Surroundings
    from geomiljo.maps.paper import Window
    from geomiljo.maps.sheet import Sheet

_DRAWN_MM = (250.0, 160.0)
"""Size of the drawing that stands where no script runs."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """An assessment whose map is shown.

    Attributes
    ----------
    address : str
        Path of its result page; the forms of the map lie below it.
    query : mapping
        What goes with the address.
    disputed : frozenset of str
        Ids of findings that somebody disputes.
    """

    assessment: Assessment
    shapes: Shapes
    address: str
    query: Mapping[str, str] = field(default_factory=dict)
    disputed: frozenset[str] = frozenset()

    @property
    def query_text(self) -> str:
        """The query with its mark; empty without one."""
        return f"?{urlencode(self.query)}" if self.query else ""


def map_fragments(sheet: Sheet, surroundings: Surroundings) -> Fragments:
    """Return the interactive map in parts."""
    from geomiljo.maps.fragments import split  # Folium takes half a second to import
    from geomiljo.maps.web_map import web_map

    return split(web_map(sheet, surroundings, {"texts": module_texts(surroundings.language)}))


def drawn_window(mapped: Mapped) -> Window:
    """Return the ground of the drawing that stands where no script runs."""
    return plan_window(mapped.shapes, *_DRAWN_MM, None)


def map_content(
    mapped: Mapped, surroundings: Surroundings, ground: Sequence[GroundShapes], catalogue: Catalogue
) -> dict[str, Any]:
    """Return what the template of the map shows besides its fragments."""
    assessment, language = mapped.assessment, surroundings.language
    window = drawn_window(mapped)
    return {
        "assessment": assessment,
        "surroundings": surroundings,
        "drawing": draw_map(draw_sheet(assessment, mapped.shapes, paper=window.bounds), window, language, ground),
        "verdict": wording.verdict(assessment, language),
        "created": wording.moment(assessment.created_at, language),
        "open_count": sum(gap.count for gap in gaps(assessment, catalogue, language)),
    }
