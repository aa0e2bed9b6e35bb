"""The map of an assessment on paper: a first sheet in a stated scale, then findings, gaps and sources as tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geomiljo import wording
from geomiljo.errors import InputError
from geomiljo.maps.drawing import draw_map
from geomiljo.maps.gaps import gaps
from geomiljo.maps.paper import LARGEST_SCALE, SCALES, SMALLEST_SCALE, Window, window_on
from geomiljo.maps.sheet import draw_sheet
from geomiljo.maps.view import severity_counts
from geomiljo.texts import mark as _
from geomiljo.units import format_count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geomiljo.analysis.results import Assessment, LayerResult
    from geomiljo.analysis.shapes import Shapes
    from geomiljo.catalogue import Catalogue
    from geomiljo.maps.overlays import GroundShapes
    from geomiljo.maps.paper import Format, Orientation
    from geomiljo.pages.mapped import Mapped
    from geomiljo.texts import Language

MAP_SIZES_MM: Mapping[tuple[Format, Orientation], tuple[float, float]] = {
    ("A4", "portrait"): (186, 170),
    ("A4", "landscape"): (196, 146),
    ("A3", "portrait"): (273, 278),
    ("A3", "landscape"): (314, 232),
}
"""Width and height of the map on each sheet; title, legend and facts have the rest."""


@dataclass(frozen=True, slots=True)
class Paper:
    """What somebody wants on paper.

    Attributes
    ----------
    format, orientation : str
    scale : int or None
        Denominator; None: the largest of the usual ones that shows the whole plan.
    """

    format: Format = "A4"
    orientation: Orientation = "portrait"
    scale: int | None = None

    def window(self, shapes: Shapes) -> Window:
        """Return the map with the plan in its middle.

        Raises
        ------
        InputError
            The scale is none that a map can have.
        """
        width_mm, height_mm = MAP_SIZES_MM[self.format, self.orientation]
        return plan_window(shapes, width_mm, height_mm, self.scale)


def plan_window(shapes: Shapes, width_mm: float, height_mm: float, scale: int | None) -> Window:
    """Return a map with the plan in its middle.

    Raises
    ------
    InputError
        The scale is none that a map can have.
    """
    if scale is not None and not LARGEST_SCALE <= scale <= SMALLEST_SCALE:
        raise InputError(
            _("A map cannot be drawn in the scale 1:{scale}."),
            remedy=_("Give a number from {least} to {most}, such as 5000, or none: then the whole plan is shown."),
            scale=scale,
            least=LARGEST_SCALE,
            most=SMALLEST_SCALE,
        )
    west, south, east, north = shapes.plan.geometry.bounds
    return window_on((west, south, east, north), width_mm, height_mm, scale)


def printed_content(
    mapped: Mapped,
    paper: Paper,
    window: Window,
    ground: Sequence[GroundShapes],
    *,
    catalogue: Catalogue,
    language: Language,
) -> dict[str, Any]:
    """Return what the template of the printed map shows."""
    assessment, shapes = mapped.assessment, mapped.shapes
    sheet = draw_sheet(assessment, shapes, paper=window.bounds)
    open_layers = gaps(assessment, catalogue, language)
    west, south, east, north = shapes.plan.geometry.bounds
    return {
        "assessment": assessment,
        "area": assessment.area,
        "paper": paper,
        "sheet": sheet,
        "drawing": draw_map(sheet, window, language, ground),
        "scale": format_count(window.scale, language),
        "scales": [(scale, format_count(scale, language)) for scale in SCALES],
        "is_cut": not window.holds((west, south, east, north)),
        "created": wording.moment(assessment.created_at, language),
        "verdict": wording.verdict(assessment, language),
        "counts": severity_counts(assessment.findings),
        "layer_of": {layer.id: layer for layer in assessment.layers},
        "authority_of": {layer.id: layer.authority for layer in catalogue.layers.values()},
        "sources": _sources(assessment),
        "ground_by": ", ".join(dict.fromkeys(layer.attribution for layer in ground if layer.shapes)),
        "gaps": open_layers,
        "open_count": sum(gap.count for gap in open_layers),
    }


def _sources(assessment: Assessment) -> list[LayerResult]:
    """Return the layers that the findings come from, in the order of the findings."""
    layers = {layer.id: layer for layer in assessment.layers}
    return [layers[layer] for layer in dict.fromkeys(finding.layer for finding in assessment.findings)]
