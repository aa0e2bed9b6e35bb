"""Reading an elevation model whole, for what is made from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geomiljo.errors import LayerDataError
from geomiljo.layers.rasters import opened
from geomiljo.layers.readers.base import stored_raster
from geomiljo.layers.terrain import NOTHING
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from pyproj import CRS

_MOST_CELLS = 50_000_000
"""Water finds its way over the whole model, which is therefore held in memory."""


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
        rows, columns = self.heights.shape
        xmin, ymin, xmax, ymax = self.bounds
        return (xmax - xmin) / columns, (ymax - ymin) / rows


def read_elevation(kept: dict[str, Any] | None, layer: str) -> Elevation:
    """Read the raster of a layer version.

    Parameters
    ----------
    kept : dict
        As the database keeps it.

    Raises
    ------
    LayerDataError
        It is no raster, not in metres, or larger than can be held in memory.
    SourceUnavailable
        The file cannot be read.
    """
    raster = stored_raster(kept)
    if raster is None:
        raise LayerDataError(_("Layer {layer} is no raster of heights."), layer=layer)
    with opened(raster) as source:
        rows, columns = source.shape
        if rows * columns > _MOST_CELLS:
            raise LayerDataError(
                _("The elevation model has {cells} million cells; what is made from it takes at most {most} million."),
                remedy=_("Load a part of it, or one with larger cells."),
                layer=layer,
                cells=round(rows * columns / 1e6),
                most=round(_MOST_CELLS / 1e6),
            )
        if not source.crs.is_projected:
            raise LayerDataError(
                _("The elevation model of layer {layer} is in degrees; slopes need metres."),
                remedy=_("Load it in a projected coordinate system, for example EPSG:3006."),
                layer=layer,
            )
        window = source.whole()
    heights = np.where(window.is_valid, window.values, NOTHING).astype(np.float32)
    return Elevation(heights, window.bounds, source.crs, raster.path)
