"""Large areas seen through windows: clipping a small piece against 5,000 vertices should cost what 50 cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

ENOUGH_VERTICES = 128
"""An area, or a window of it, with at most this many vertices is not divided further."""
FARTHEST_REACH_M = 5_000.0
"""No rule looks farther than this outside an area."""
_MARGIN_M = 2.0
_DEEPEST = 24


class LocalViews:
    """Windows of areas, made when first looked through.

    A window is a cell of a loose quadtree: twice as wide as its place in the grid, so that any box fits wholly into
    one cell of the level of its own size. Inside the window the area is exact; the window's own edge lies at least
    `_MARGIN_M` from the box that asked, so overlay, boundary and (within the margin) distance are those of the area.

    Parameters
    ----------
    areas : ndarray of (Multi)Polygon, shape (m,)
    """

    def __init__(self, areas: NDArray[np.object_]) -> None:
        self._areas = areas
        self._is_large = shapely.get_num_coordinates(areas) > ENOUGH_VERTICES
        bounds = shapely.bounds(areas)
        self._corner = bounds[:, :2] - FARTHEST_REACH_M
        self._extent = (bounds[:, 2:] - bounds[:, :2]).max(axis=1, initial=0.0) + 2 * FARTHEST_REACH_M
        self._windows: dict[tuple[int, int, int, int], BaseGeometry] = {}

    def around(
        self, rows: NDArray[np.intp], boxes: NDArray[np.float64], reach_m: NDArray[np.float64] | float = 0.0
    ) -> NDArray[np.object_]:
        """Return for each box a geometry that equals the area of its row within `reach_m` of the box.

        Parameters
        ----------
        rows : ndarray of int, shape (n,)
        boxes : ndarray of float, shape (n, 4)
            xmin, ymin, xmax, ymax in metres.
        reach_m : float or ndarray of float, shape (n,)
        """
        views: NDArray[np.object_] = self._areas[rows]
        large = np.flatnonzero(self._is_large[rows])
        if not large.size:
            return views
        margin = np.broadcast_to(np.asarray(reach_m, dtype=np.float64), rows.shape)[large] + _MARGIN_M
        keys = self._cells(rows[large], boxes[large], margin)
        for position, key in zip(large, map(tuple, keys.tolist()), strict=True):
            views[position] = self._window(*key)
        return views

    def _cells(
        self, rows: NDArray[np.intp], boxes: NDArray[np.float64], margin: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        """Return row, level, column and line of the smallest loose cell that holds each box with its margin."""
        size = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]) + 2 * margin
        extent = self._extent[rows]
        level = np.clip(np.floor(np.log2(extent / size)), 0, _DEEPEST).astype(np.int64)
        step = extent / 2.0**level
        centre = (boxes[:, :2] + boxes[:, 2:]) / 2
        cell = np.floor((centre - self._corner[rows]) / step[:, None]).astype(np.int64)
        return np.column_stack([rows, level, cell])

    def _window(self, row: int, level: int, column: int, line: int) -> BaseGeometry:
        key = (row, level, column, line)
        if key not in self._windows:
            self._windows[key] = self._cut(*key)
        return self._windows[key]

    def _cut(self, row: int, level: int, column: int, line: int) -> BaseGeometry:
        if level == 0:
            return self._areas[row]
        parent = self._window(row, level - 1, column // 2, line // 2)
        if shapely.get_num_coordinates(parent) <= ENOUGH_VERTICES:
            return parent
        step = float(self._extent[row]) / 2.0**level
        x, y = self._corner[row] + (np.array([column, line]) - 0.5) * step
        return shapely.intersection(parent, shapely.box(x, y, x + 2 * step, y + 2 * step))
