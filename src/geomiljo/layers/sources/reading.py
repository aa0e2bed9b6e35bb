"""Which way round coordinates are, told by the coordinates themselves.

Services disagree on the axis order of EPSG:3006: by version, by format, by how the code was written. The places where
Sweden lies in the common systems do not overlap with their own mirror images, so the data tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geomiljo.crs import WIRE_CRS, crs_label, parse_crs, transformer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

_SWEDEN = (7.0, 54.0, 28.0, 71.0)
"""Longitude and latitude, generous: the economic zone and a margin."""
_MOST = 0.5


@dataclass(frozen=True, slots=True)
class Reading:
    """How the coordinates of a source are to be read. `swapped`: north before east."""

    crs: str
    swapped: bool


@cache
def frame(crs: str) -> tuple[float, float, float, float]:
    """Return the frame in which Sweden lies: xmin, ymin, xmax, ymax in `crs`, x before y.

    Examples
    --------
    >>> frame("EPSG:4326"), frame("EPSG:3006")[3] > 7_700_000
    ((7.0, 54.0, 28.0, 71.0), True)
    """
    xmin, ymin, xmax, ymax = _SWEDEN
    system = parse_crs(crs)
    if system.is_geographic:
        return _SWEDEN
    edge = shapely.segmentize(shapely.box(xmin, ymin, xmax, ymax).exterior, 0.5)
    lon, lat = shapely.get_coordinates(edge).T
    x, y = transformer(WIRE_CRS, system).transform(lon, lat)
    return float(min(x)), float(min(y)), float(max(x)), float(max(y))


def reading_of(geometry: NDArray[np.object_], candidates: Iterable[str]) -> Reading | None:
    """Return the first reading that puts most objects into Sweden; None where none does.

    Parameters
    ----------
    geometry : ndarray of Geometry
        As they came; missing ones are left out.
    candidates : iterable of str
        Coordinate systems in the order of trust.

    Examples
    --------
    >>> reading_of(np.array([shapely.Point(6_580_000, 674_000)]), ["EPSG:3006"])
    Reading(crs='EPSG:3006', swapped=True)
    """
    bounds = shapely.bounds(geometry)
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    if not len(bounds):
        return None
    x, y = (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2
    for crs in dict.fromkeys(candidates):
        xmin, ymin, xmax, ymax = frame(crs)
        for swapped, (east, north) in ((False, (x, y)), (True, (y, x))):
            inside = (east >= xmin) & (east <= xmax) & (north >= ymin) & (north <= ymax)
            if inside.mean() > _MOST:
                return Reading(crs, swapped)
    return None


def swap(geometry: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return geometries with their first two coordinates exchanged; heights stay."""
    turned: NDArray[np.object_] = shapely.transform(
        geometry, lambda c: np.column_stack([c[:, 1], c[:, 0], c[:, 2:]]), include_z=bool(shapely.has_z(geometry).any())
    )
    return turned


def label(crs: str) -> str:
    """Return the short name of a coordinate system."""
    return crs_label(parse_crs(crs))
