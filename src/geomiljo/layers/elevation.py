"""Reading an elevation model whole, for what is made from it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geomiljo.errors import LayerDataError
from geomiljo.layers.rasters import opened
from geomiljo.layers.readers.base import stored_raster
from geomiljo.layers.terrain import NOTHING, slope_pct
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray
    from pyproj import CRS

    from geomiljo.analysis.zonal import Window
    from geomiljo.layers.rasters import OpenRaster

_MOST_CELLS = 50_000_000
"""Water finds its way over the whole model, which is therefore held in memory."""
_CELLS_OF_A_STRIP = 4_000_000


@dataclass(frozen=True, slots=True)
class Elevation:
    """An elevation model.

    Attributes
    ----------
    heights : ndarray of float32, shape (rows, columns)
        Metres; `NOTHING` without data. Row 0 is the northernmost.
    bounds : tuple of float
        xmin, ymin, xmax, ymax in `crs`, metres.
    path : Path
        Of its file.
    """

    heights: NDArray[np.float32]
    bounds: tuple[float, float, float, float]
    crs: CRS
    path: Path

    @property
    def cell_m(self) -> tuple[float, float]:
        """Width and height of a cell, metres."""
        return _cell_m(self.bounds, *self.heights.shape)


@contextmanager
def opened_elevation(kept: dict[str, Any] | None, layer: str) -> Iterator[tuple[OpenRaster, Path]]:
    """Open the raster of a layer version, and give the path of its file.

    Parameters
    ----------
    kept : dict
        As the database keeps it.

    Raises
    ------
    LayerDataError
        It is no raster, or not in metres.
    SourceUnavailable
        The file cannot be read.
    """
    raster = stored_raster(kept)
    if raster is None:
        raise LayerDataError(_("Layer {layer} is no raster of heights."), layer=layer)
    with opened(raster) as source:
        if not source.crs.is_projected:
            raise LayerDataError(
                _("The elevation model of layer {layer} is in degrees; slopes need metres."),
                remedy=_("Load it in a projected coordinate system, for example EPSG:3006."),
                layer=layer,
            )
        yield source, raster.path


def read_elevation(kept: dict[str, Any] | None, layer: str) -> Elevation:
    """Read the raster of a layer version whole; see :func:`opened_elevation`.

    Raises
    ------
    LayerDataError
        It is larger than can be held in memory.
    """
    with opened_elevation(kept, layer) as (source, path):
        rows, columns = source.shape
        if rows * columns > _MOST_CELLS:
            raise LayerDataError(
                _("The elevation model has {cells} million cells; the flow of water takes at most {most} million."),
                remedy=_("Load a part of it, or one with larger cells."),
                layer=layer,
                cells=round(rows * columns / 1e6),
                most=round(_MOST_CELLS / 1e6),
            )
        return Elevation(_heights(source.rows(0, rows)), source.bounds, source.crs, path)


def slope_strips(source: OpenRaster, cells: int = _CELLS_OF_A_STRIP) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Yield the slope in percent some rows at a time, with the first row: it needs no more than the cells around.

    Parameters
    ----------
    cells : int
        As many together; one row at least.
    """
    rows, columns = source.shape
    together = max(1, cells // columns)
    for first in range(0, rows, together):
        count = min(together, rows - first)
        with_edges = _heights(source.rows(first - 1, count + 2))
        yield first, slope_pct(with_edges, _cell_m(source.bounds, rows, columns))[1:-1]


def _heights(window: Window) -> NDArray[np.float32]:
    return np.where(window.is_valid, window.values, NOTHING).astype(np.float32)


def _cell_m(bounds: tuple[float, float, float, float], rows: int, columns: int) -> tuple[float, float]:
    xmin, ymin, xmax, ymax = bounds
    return (xmax - xmin) / columns, (ymax - ymin) / rows
