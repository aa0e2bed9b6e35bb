"""Land cover and crowns of areas, from rasters: hectares by class, and a wider window to look around in."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from rasterio.features import geometry_mask, shapes
from rasterio.transform import from_bounds

from geomiljo.analysis.zonal import cells_inside, zonal
from geomiljo.crs import ANALYSIS_CRS, transform_one, transformer
from geomiljo.errors import LimitExceeded
from geomiljo.geometry import geometry_array, polygonal
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geomiljo.analysis.cover import CoverTable
    from geomiljo.analysis.zonal import Window
    from geomiljo.layers.rasters import OpenRaster

_PERCENT = 100.0
_M2_PER_HA = 10_000.0
_MOST_DRAWN = 4_000_000
_SHORT_BYTES = 2


@dataclass(frozen=True, slots=True)
class GroundCover:
    """Land cover of some ground, by column of a cover table.

    Attributes
    ----------
    areas_ha, crowns_ha : ndarray, shape (n,)
        Hectares, and hectares under crowns.
    """

    areas_ha: NDArray[np.float64]
    crowns_ha: NDArray[np.float64]


def ground_cover(table: CoverTable, cover: OpenRaster, canopy: OpenRaster | None, ground: BaseGeometry) -> GroundCover:
    """Return what covers some ground.

    Parameters
    ----------
    canopy : OpenRaster, optional
        Crowns, percent of each cell; without it the share that is usual for each class is taken.
    ground : (Multi)Polygon
        EPSG:3006.
    """
    local = cover.local(ground)
    window = cover.window(local)
    found = zonal([cells_inside(window, local)], float(ground.area))
    areas = table.areas(found.counts, found.cell_m2 / _M2_PER_HA)
    crowns = areas * table.canopy_default if canopy is None else _crowns(table, cover, window, canopy, ground)
    return GroundCover(areas, np.minimum(crowns, areas))


def cover_shapes(table: CoverTable, cover: OpenRaster, area: BaseGeometry) -> dict[int, BaseGeometry]:
    """Return the ground of each class inside an area, by column of the table; both in EPSG:3006.

    Raises
    ------
    LimitExceeded
        The area has more cells than can be drawn.
    """
    local = cover.local(area)
    window = cover.window(local)
    if window.values.size > _MOST_DRAWN:
        raise LimitExceeded(
            _("The area has {cells} million cells of land cover, too many to draw."),
            remedy=_("Show the layer's own tiles instead."),
            cells=round(window.values.size / 1e6),
        )
    columns = _columns(table, window.values.ravel()).reshape(window.values.shape).astype(np.int32)
    is_known = window.is_valid & (columns < table.size)
    place = from_bounds(*window.bounds, *reversed(window.values.shape))
    found: dict[int, list[BaseGeometry]] = defaultdict(list)
    for outline, column in shapes(columns, mask=is_known, transform=place):
        found[int(column)].append(shapely.geometry.shape(outline))
    drawn = {column: shapely.intersection(shapely.union_all(parts), local) for column, parts in found.items()}
    return {
        column: transform_one(polygonal(geometry_array([ground]))[0], cover.crs, ANALYSIS_CRS)
        for column, ground in drawn.items()
        if ground.area > 0
    }


def _columns(table: CoverTable, values: NDArray[np.generic]) -> NDArray[np.int64]:
    """Return the column of each cell; the one after the last for values without a class."""
    if values.dtype.kind == "u" and values.dtype.itemsize <= _SHORT_BYTES:
        column_of = np.full(256**values.dtype.itemsize, table.size, dtype=np.int64)
        for code, column in table.codes.items():
            if code < len(column_of):
                column_of[code] = column
        return np.asarray(column_of[values.astype(np.intp)])
    codes, inverse = np.unique(values, return_inverse=True)
    columns = np.array([table.codes.get(int(code), table.size) for code in codes], dtype=np.int64)
    found: NDArray[np.int64] = columns[inverse] if len(codes) else np.empty(0, dtype=np.int64)
    return found


def _crowns(
    table: CoverTable, cover: OpenRaster, window: Window, canopy: OpenRaster, ground: BaseGeometry
) -> NDArray[np.float64]:
    """Return hectares of crowns by the class that lies under the middle of each cell of the crowns' raster."""
    local = canopy.local(ground)
    window_above = canopy.window(local)
    cells = cells_inside(window_above, local)
    if not cells.values.size:
        return np.zeros(table.size)
    weight = float(cells.weights.sum()) + cells.missing
    hectares = cells.values.astype(np.float64) / _PERCENT * cells.weights * (float(ground.area) / weight / _M2_PER_HA)
    x, y = _centres(window_above, cells.index)
    if canopy.crs != cover.crs:
        x, y = transformer(canopy.crs, cover.crs).transform(x, y)
    row, column, _is_inside = _cells_at(window, x, y)
    under = _columns(table, window.values[row, column])
    under[~window.is_valid[row, column]] = table.size
    return np.asarray(np.bincount(under, weights=hectares, minlength=table.size + 1)[:-1])


def _cells_at(
    window: Window, x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Return row and column of the cells that places lie in, or of the nearest, and whether they lie in the window."""
    xmin, ymin, xmax, ymax = window.bounds
    rows, columns = window.values.shape
    row = np.floor((ymax - y) / (ymax - ymin) * rows).astype(np.int64)
    column = np.floor((x - xmin) / (xmax - xmin) * columns).astype(np.int64)
    is_inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    return np.clip(row, 0, rows - 1), np.clip(column, 0, columns - 1), is_inside


def _centres(window: Window, index: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rows, columns = window.values.shape
    xmin, ymin, xmax, ymax = window.bounds
    row, column = np.divmod(index, columns)
    return xmin + (column + 0.5) * (xmax - xmin) / columns, ymax - (row + 0.5) * (ymax - ymin) / rows


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Land cover around an area, cell by cell.

    Attributes
    ----------
    columns : ndarray of int, shape (rows, columns)
        Column of the cover table; the one after the last where nothing is known.
    is_valid : ndarray of bool, same shape
    cell_m : float
        Side of a cell.
    """

    columns: NDArray[np.int64]
    is_valid: NDArray[np.bool_]
    cell_m: float
    _raster: OpenRaster
    _window: Window

    @classmethod
    def of(cls, table: CoverTable, cover: OpenRaster, area: BaseGeometry, margin_m: float) -> Surroundings:
        """Read the land cover within a margin of an area of EPSG:3006."""
        window = cover.window(cover.local(shapely.box(*area.bounds).buffer(margin_m, join_style="mitre")))
        columns = _columns(table, window.values.ravel()).reshape(window.values.shape)
        columns[~window.is_valid] = table.size
        width = (window.bounds[2] - window.bounds[0]) / window.values.shape[1]
        return cls(columns, window.is_valid, float(width), cover, window)

    def centres(self, cells: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the middles of chosen cells, EPSG:3006, shape (n, 2)."""
        x, y = _centres(self._window, np.flatnonzero(cells))
        if self._raster.crs != ANALYSIS_CRS:
            x, y = transformer(self._raster.crs, ANALYSIS_CRS).transform(x, y)
        return np.column_stack([x, y])

    def at(self, values: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the values of the cells that places of EPSG:3006 lie in; infinite outside."""
        x, y = places.T
        if self._raster.crs != ANALYSIS_CRS:
            x, y = transformer(ANALYSIS_CRS, self._raster.crs).transform(x, y)
        row, column, is_inside = _cells_at(self._window, x, y)
        return np.where(is_inside, values[row, column], np.inf)

    def inside(self, area: BaseGeometry) -> NDArray[np.bool_]:
        """Return which cells have their centre in an area of EPSG:3006."""
        found = np.zeros(self.columns.shape, dtype=bool)
        local = self._raster.local(area)
        place = from_bounds(*self._window.bounds, *reversed(found.shape))
        xmin, ymin, xmax, ymax = local.bounds
        corners = np.array([xmin, xmax]), np.array([ymax, ymin])
        rows, columns, _is_inside = _cells_at(self._window, *corners)
        there = np.s_[rows[0] : rows[1] + 1, columns[0] : columns[1] + 1]
        own = place @ place.translation(columns[0], rows[0])
        found[there] = geometry_mask([local], found[there].shape, own, invert=True)
        return found
