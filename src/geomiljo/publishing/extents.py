"""Extents as longitudes and latitudes."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from geomiljo.crs import ANALYSIS_CRS, WIRE_CRS, transformer

if TYPE_CHECKING:
    from geomiljo.publishing.collections import Extent

_DECIMALS = 6


@lru_cache(maxsize=256)
def degrees(extent: Extent) -> Extent:
    """Return the box of longitudes and latitudes that holds an extent in EPSG:3006.

    Examples
    --------
    >>> degrees((600_000.0, 6_500_000.0, 600_100.0, 6_500_100.0))
    (16.722193, 58.628748, 16.723959, 58.629669)
    """
    west, south, east, north = transformer(ANALYSIS_CRS, WIRE_CRS).transform_bounds(*extent, densify_pts=21)
    return tuple(round(value, _DECIMALS) for value in (west, south, east, north))  # type: ignore[return-value]
