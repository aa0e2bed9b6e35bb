"""What is known about a layer's answer before anything is judged: its version, its coverage, or why it has none."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import shapely

from geomiljo.geometry import BUFFER_QUADRANT_SEGMENTS, geometry_array, grown

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from geomiljo.analysis.judge_cells import RasterCells
    from geomiljo.analysis.results import LayerReason
    from geomiljo.analysis.values import Words

WHOLLY = 1 - 1e-9
"""A share from here on is all of it."""


@dataclass(frozen=True, slots=True)
class LayerAnswer:
    """A layer's standing at a planning area.

    Attributes
    ----------
    layer : str
    version, source_date : str or None
        Of the layer version that answered.
    failure : {"failed", "not_checked"} or None
        Why nothing was measured; None: it was.
    reason : LayerReason or None
    message : Words or None
        More words to the reason.
    position : int or None
        Position among the searches, where it was measured.
    covered_share, ring_covered_share : float or None
        Share of the planning area and of its search zone that the version has mapped; None: unknown.
    is_incomplete : bool
        Objects of the source could not be loaded; what they are and where is not known.
    is_outside_extent : bool
        The register's named extent does not reach the planning area and its search zone.
    cells : RasterCells or None
        What the cells of a raster say, where it was read.
    further_m : float
        How much farther objects of the version may lie from where they are drawn than the register says of all.
    ms : float
        Time spent reading the layer.
    """

    layer: str
    version: str | None = None
    source_date: str | None = None
    failure: Literal["failed", "not_checked"] | None = None
    reason: LayerReason | None = None
    message: Words | None = None
    position: int | None = None
    covered_share: float | None = None
    ring_covered_share: float | None = None
    is_incomplete: bool = False
    is_outside_extent: bool = False
    cells: RasterCells | None = None
    further_m: float = 0.0
    ms: float = 0.0

    @property
    def is_wholly_covered(self) -> bool:
        """Whether plan and search zone lie wholly inside what the version has mapped, nothing left out."""
        is_covered = (self.covered_share or 0.0) >= WHOLLY and (self.ring_covered_share or 0.0) >= WHOLLY
        return is_covered and not self.is_incomplete

    @property
    def has_answered(self) -> bool:
        """Whether the layer can be taken at its word, whatever its status."""
        return self.failure is None and (self.is_wholly_covered or self.is_outside_extent)


def search_zone(area: BaseGeometry, reach_m: float) -> BaseGeometry:
    """Return the area with everything within `reach_m`, drawn a trifle too large rather than too small.

    A buffer's arcs are chords inside the true circle; the radius is enlarged so that the chords touch it from outside.
    """
    zone: BaseGeometry = grown(geometry_array([area]), zone_radius_m(reach_m))[0]
    return zone


def zone_radius_m(reach_m: float) -> float:
    """Return the radius with which the search zone of `reach_m` is drawn."""
    return reach_m / math.cos(math.pi / (4 * BUFFER_QUADRANT_SEGMENTS))


def covered_share(coverage: BaseGeometry, zone: BaseGeometry) -> float:
    """Return the share of `zone` inside `coverage`; prepared coverage makes the usual answer, all of it, fast."""
    if shapely.contains(coverage, zone):
        return 1.0
    return min(1.0, float(shapely.intersection(coverage, zone).area / zone.area))
