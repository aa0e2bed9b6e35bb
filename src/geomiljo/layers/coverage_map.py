"""How far a layer has mapped each county or municipality, with shapes to draw them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sqlalchemy import text

from geomiljo.database.engine import query
from geomiljo.layers.coverage import COUNTY_LAYER
from geomiljo.layers.versions import active_versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

    from geomiljo.layers.overview import LayerRow

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


def county_shares(connection: Connection, rows: Iterable[LayerRow], county: str) -> Mapping[str, float | None] | None:
    """Return the share of a county that each loaded layer has mapped.

    A share is None where it is not known what the layer maps. All is None where the layer of counties is not loaded.
    """
    active = active_versions(connection)
    if COUNTY_LAYER not in active:
        return None
    loaded = [row for row in rows if row.version]
    shares = {row.id: _stated_share(row.coverage, county) for row in loaded}
    own = [active[row.id].id for row in loaded if row.coverage is not None and shares[row.id] is None]
    asked = {"areas": active[COUNTY_LAYER].id, "county": county, "versions": own}
    for layer, share in connection.execute(text(query("county_shares")), asked):
        shares[layer] = None if share is None else _rounded(share)
    return shares


def _stated_share(coverage: str | None, county: str) -> float | None:
    """Return the share where what was stated at load tells it; None: it has to be measured, or is not known."""
    if coverage == "sweden":
        return 1.0
    if coverage is not None and coverage.startswith("county:"):
        return float(county in coverage.removeprefix("county:").split(","))
    return None


def _rounded(share: float) -> float:
    """Return a share that is all but nothing or all as that."""
    return float(round(share)) if abs(share - round(share)) <= _ROUNDING else share
