"""Reading rasters: windows of a file around areas, and the zonal statistics of areas.

A raster is read in its own grid and coordinate system; areas are brought to it, never the other way round.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
import shapely
from pyproj import CRS
from rasterio.features import geometry_mask
from rasterio.windows import Window as GridWindow

from geomiljo.analysis.zonal import WHOLE_CELLS_FROM, Cells, Window, Zonal, cells_inside, whole_cells, zonal
from geomiljo.crs import ANALYSIS_CRS, recognise, transform_one
from geomiljo.errors import SourceUnavailable
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geomiljo.layers.readers.base import RasterVersion

SMALL_CACHE = {"GDAL_CACHEMAX": 64}
"""GDAL would keep as many blocks as fit in a twentieth of the machine's memory, MB."""
_CELLS_AT_A_TIME = 4_000_000
"""Cells that are read together, so that an area of any size needs little memory."""
_DATASET_ERRORS = (rasterio.errors.RasterioError, OSError)


@contextmanager
def opened(raster: RasterVersion) -> Iterator[OpenRaster]:
    """Open a raster for reading.

    Raises
    ------
    SourceUnavailable
        The file is not there, or cannot be read.
    """
    with raster_errors(raster), rasterio.Env(**SMALL_CACHE), rasterio.open(raster.path) as dataset:
        yield OpenRaster(dataset)


@contextmanager
def raster_errors(raster: RasterVersion) -> Iterator[None]:
    """Turn what goes wrong in reading a raster into an error for people.

    Raises
    ------
    SourceUnavailable
        The file is not there, or cannot be read.
    """
    try:
        yield
    except _DATASET_ERRORS as error:
        raise SourceUnavailable(
            _("The raster {file} cannot be read ({kind})."),
            remedy=_("Load the layer again."),
            file=raster.path.name,
            kind=type(error).__name__,
        ) from error


class OpenRaster:
    """A raster while it is open.

    Parameters
    ----------
    dataset : rasterio.DatasetReader
        One band, north up.
    """

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset
        self.crs: CRS = recognise(CRS.from_wkt(dataset.crs.to_wkt()))

    def local(self, area: BaseGeometry) -> BaseGeometry:
        """Return an area of EPSG:3006 in the raster's coordinate system."""
        return transform_one(area, ANALYSIS_CRS, self.crs)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return int(self._dataset.height), int(self._dataset.width)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """xmin, ymin, xmax, ymax in the raster's coordinate system."""
        return tuple(self._dataset.bounds)

    def rows(self, first: int, count: int) -> Window:
        """Return whole rows, without data outside the raster."""
        return self._read(first, 0, count, self._dataset.width)

    def zonal(self, area: BaseGeometry) -> Zonal:
        """Return the statistics of an area of EPSG:3006."""
        local = self.local(area)
        is_exact = max(self._place(local)[2:]) <= WHOLE_CELLS_FROM
        parts = [self.cells(local)] if is_exact else list(self._whole_cells(local))
        return zonal(parts, float(area.area), is_exact=is_exact)

    def cells(self, local: BaseGeometry) -> Cells:
        """Return the cells of an area in the raster's coordinate system, each with its part inside."""
        return cells_inside(self.window(local), local)

    def window(self, local: BaseGeometry) -> Window:
        """Return the window around an area in the raster's coordinate system, without data outside the raster."""
        return self._read(*self._place(local))

    def _place(self, local: BaseGeometry) -> tuple[int, int, int, int]:
        """Return first row, first column, rows and columns of the window around an area; it may reach outside."""
        xmin, ymin, xmax, ymax = local.bounds
        inverse = ~self._dataset.transform
        left, top = inverse @ (xmin, ymax)
        right, bottom = inverse @ (xmax, ymin)
        row, column = math.floor(top), math.floor(left)
        return row, column, max(1, math.ceil(bottom) - row), max(1, math.ceil(right) - column)

    def _read(self, row: int, column: int, rows: int, columns: int) -> Window:
        values = np.zeros((rows, columns), dtype=self._dataset.dtypes[0])
        is_valid = np.zeros((rows, columns), dtype=bool)
        first_row, first_column = max(row, 0), max(column, 0)
        last_row = min(row + rows, self._dataset.height)
        last_column = min(column + columns, self._dataset.width)
        if first_row < last_row and first_column < last_column:
            asked = GridWindow(first_column, first_row, last_column - first_column, last_row - first_row)
            there = np.s_[first_row - row : last_row - row, first_column - column : last_column - column]
            values[there] = self._dataset.read(1, window=asked)
            is_valid[there] = self._dataset.read_masks(1, window=asked) > 0
        if values.dtype.kind == "f":
            is_valid &= np.isfinite(values)
            values[~is_valid] = 0
        west, north = self._dataset.transform @ (column, row)
        east, south = self._dataset.transform @ (column + columns, row + rows)
        return Window(self._scaled(values), is_valid, (west, south, east, north))

    def _scaled(self, values: NDArray[np.generic]) -> NDArray[np.generic]:
        scale, offset = self._dataset.scales[0], self._dataset.offsets[0]
        if scale == 1 and offset == 0:
            return values
        return np.asarray(values * scale + offset)

    def _whole_cells(self, local: BaseGeometry) -> Iterator[Cells]:
        """Yield the cells whose centre lies inside, some rows at a time."""
        row, column, rows, columns = self._place(local)
        shapely.prepare(local)
        together = max(1, _CELLS_AT_A_TIME // columns)
        for first in range(row, row + rows, together):
            window = self._read(first, column, min(together, row + rows - first), columns)
            clipped = shapely.clip_by_rect(local, *window.bounds)
            if clipped.is_empty:
                continue
            place = rasterio.transform.from_bounds(*window.bounds, columns, len(window.values))
            inside = geometry_mask([clipped], window.values.shape, place, invert=True)
            yield whole_cells(window, inside)
