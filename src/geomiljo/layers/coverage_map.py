"""How far a layer has mapped each county or municipality, with shapes to draw them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sqlalchemy import text

from geomiljo.database.engine import query

if TYPE_CHECKING:
    from sqlalchemy import Connection

Extent = Literal["whole", "part", "none", "unknown"]
_ROUNDING = 1e-6
"""A share nearer than this to nothing or all is a matter of how shared borders are drawn."""


@dataclass(frozen=True, slots=True)
class MappedArea:
    """A county or municipality.

    Attributes
    ----------
    id : str
        As its layer has it.
    share : float or None
        Of its area that the layer has mapped, 0 to 1; None: it is not known what the layer has mapped.
    path : str
        Its outline as an SVG path in metres, y growing southwards.
    """

    id: str
    name: str
    share: float | None
    path: str

    @property
    def extent(self) -> Extent:
        """How far it is mapped: what is mapped in any small part is never called unmapped."""
        if self.share is None:
            return "unknown"
        if self.share <= _ROUNDING:
            return "none"
        return "whole" if self.share >= 1 - _ROUNDING else "part"


@dataclass(frozen=True, slots=True)
class CoverageMap:
    """The areas of a country or a region, and the box they are drawn in.

    Attributes
    ----------
    box : tuple of float
        x, y, width, height of the drawing, in metres.
    """

    areas: tuple[MappedArea, ...]
    box: tuple[float, float, float, float]


def coverage_map(connection: Connection, version_id: int, areas_version_id: int) -> CoverageMap:
    """Return how far a layer version has mapped each object of another layer: counties or municipalities."""
    asked = {"version": version_id, "areas": areas_version_id}
    rows = connection.execute(text(query("mapped_areas")), asked).all()
    if not rows:
        return CoverageMap((), (0.0, 0.0, 1.0, 1.0))
    west, south, east, north = rows[0][-4:]
    areas = tuple(MappedArea(row.id, row.name, row.share, row.path) for row in rows)
    return CoverageMap(areas, (west, -north, east - west, north - south))
