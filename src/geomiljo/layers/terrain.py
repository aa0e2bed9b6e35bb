"""The lie of the land by an elevation model: slope, flow, and how deep water can stand. Arrays in, arrays out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyflwdir
from pyflwdir import dem
from scipy import ndimage

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOTHING = -9_999.0
"""Height of a cell without data."""
_EIGHT = np.ones((3, 3), dtype=bool)
_SAME_M = 0.01
_PIT, _NO_CELL = 0, 247
_D8 = {1: (0, 1), 2: (1, 1), 4: (1, 0), 8: (1, -1), 16: (0, -1), 32: (-1, -1), 64: (-1, 0), 128: (-1, 1)}
"""Codes of the eight directions, and how many rows down and columns right the neighbour lies."""


def slope_pct(heights: NDArray[np.float32], cell_m: tuple[float, float]) -> NDArray[np.float32]:
    """Return the slope in percent, by the plane through each cell and its eight neighbours.

    Parameters
    ----------
    heights : ndarray of float32, shape (rows, columns)
        Metres; `NOTHING` without data.
    cell_m : tuple of float
        Width and height of a cell, metres.

    Examples
    --------
    A plane that rises a metre in ten to the east:

    >>> plane = np.tile(np.arange(5, dtype=np.float32), (5, 1))
    >>> float(slope_pct(plane, (10.0, 10.0))[2, 2])
    10.0
    """
    width, height = cell_m
    rise = dem.slope(heights, nodata=NOTHING, latlon=False, transform=(width, 0.0, 0.0, 0.0, -height, 0.0))
    return np.where(heights == NOTHING, np.float32(NOTHING), np.float32(100) * rise).astype(np.float32)


def flow_ha(heights: NDArray[np.float32], cell_m: tuple[float, float]) -> NDArray[np.float32]:
    """Return the hectares that drain through each cell, itself included, when all low points are full.

    Each cell drains to the steepest of its eight neighbours, over level ground the way that the low point overflows.
    What comes from beyond the edge of the data is not known.
    """
    flow = pyflwdir.from_array(_directions(heights, cell_m), ftype="d8", check_ftype=False, latlon=False)
    hectares = flow.upstream_area("cell") * (cell_m[0] * cell_m[1] / 10_000)
    return np.where(heights == NOTHING, NOTHING, hectares).astype(np.float32)


def standing_water(heights: NDArray[np.float32], least_m: float) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return how deep water stands when low points are full, and where that is known.

    Water runs off over the edge of the data; whether it could, nobody knows. Where a wall along the edge would let
    `least_m` or more stand, and more than without it, the depth is not known.

    Returns
    -------
    tuple of ndarray
        Depth in metres, 0 where none stands, and whether it is known.

    Examples
    --------
    A bowl a metre deep, far from the edge:

    >>> land = np.full((7, 7), 5, dtype=np.float32); land[3, 3] = 4
    >>> depth, is_known = standing_water(land, 0.2)
    >>> float(depth.sum()), bool(is_known.all())
    (1.0, True)
    """
    has_data = heights != NOTHING
    level = _filled(heights, None)
    walled = _filled(heights, _lowest_at_edge(heights, has_data))
    depth = np.where(has_data, level - heights, 0).astype(np.float32)
    could_stand = (walled - level > _SAME_M) & (walled - heights >= least_m)
    return depth, has_data & ~could_stand


def _directions(heights: NDArray[np.float32], cell_m: tuple[float, float]) -> NDArray[np.uint8]:
    """Return where each cell drains to, in the codes of D8."""
    has_data = heights != NOTHING
    level, overflow = dem.fill_depressions(heights, nodata=NOTHING)
    directions = np.where(_at_edge(has_data), np.uint8(_PIT), np.asarray(overflow, dtype=np.uint8))
    around = np.pad(np.where(has_data, level, np.inf), 1, constant_values=np.inf)
    steepest = np.zeros(heights.shape)
    rows, columns = heights.shape
    for code, (down, right) in _D8.items():
        neighbour = around[1 + down : 1 + down + rows, 1 + right : 1 + right + columns]
        fall = (level - neighbour) / np.hypot(down * cell_m[1], right * cell_m[0])
        directions[fall > steepest] = code
        np.maximum(steepest, fall, out=steepest)
    directions[~has_data] = _NO_CELL
    return directions


def _at_edge(has_data: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray(has_data & ~ndimage.binary_erosion(has_data, structure=_EIGHT))


def _filled(heights: NDArray[np.float32], outlets: NDArray[np.int64] | None) -> NDArray[np.float32]:
    """Return the level of the ground, or of the water over it, that runs off at some cells; None: all edge cells."""
    filled, _directions = dem.fill_depressions(heights, idxs_pit=outlets, nodata=NOTHING)
    return np.asarray(filled, dtype=np.float32)


def _lowest_at_edge(heights: NDArray[np.float32], has_data: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the lowest cell at the edge of each connected area with data, as positions row by row."""
    areas, count = ndimage.label(has_data, structure=_EIGHT)
    if not count:
        return np.empty(0, dtype=np.int64)
    places = ndimage.minimum_position(heights, np.where(_at_edge(has_data), areas, 0), range(1, count + 1))
    rows, columns = np.transpose(places)
    return np.asarray(rows * heights.shape[1] + columns, dtype=np.int64)
