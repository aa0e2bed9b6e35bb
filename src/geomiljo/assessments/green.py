"""What surrounds a planning area: how far the land cover is known, and how much of the neighbourhood crowns cover."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from geomiljo.analysis.green_distance import FARTHEST_M, NEAR_M

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geomiljo.layers.land_cover import Surroundings
    from geomiljo.layers.rasters import OpenRaster

_KNOWN = 0.95


def edge_distance(around: Surroundings, start: NDArray[np.bool_]) -> float:
    """Return the distance from the bounds of some cells to where nothing is known, m; at most 2,000."""
    unknown, measured = np.argwhere(~around.is_valid), np.argwhere(start)
    if not len(unknown) or not len(measured):
        return FARTHEST_M
    outside = np.maximum(measured.min(axis=0) - unknown, unknown - measured.max(axis=0))
    return min(FARTHEST_M, float(np.hypot(*np.maximum(outside, 0).T).min()) * around.cell_m)


def canopy_around(crowns: OpenRaster | None, area: BaseGeometry) -> float | None:
    """Return the percent under crowns of an area with 300 m around it; None where that is not known."""
    if crowns is None:
        return None
    found = crowns.zonal(shapely.buffer(area, NEAR_M))
    return found.mean if found.valid_share >= _KNOWN else None
