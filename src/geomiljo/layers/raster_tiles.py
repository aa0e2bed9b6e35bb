"""Pictures of rasters, tile by tile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rio_tiler.errors import TileOutsideBounds
from rio_tiler.io import Reader

from geomiljo.layers.rasters import raster_errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from morecantile import TileMatrixSet

    from geomiljo.layers.readers.base import RasterVersion

Rgba = tuple[int, int, int, int]


def raster_tile(
    raster: RasterVersion,
    grid: TileMatrixSet,
    place: tuple[int, int, int],
    colours: Mapping[int, Rgba],
    stretch: tuple[float, float] | None = None,
) -> bytes | None:
    """Return a tile as PNG, transparent where there is no data; None: there is none in it.

    Parameters
    ----------
    grid : TileMatrixSet
    place : tuple of int
        Level, row, column.
    colours : mapping of int to tuple of int
        Colour of each code; with `stretch` of the 256 steps from its first value to its last.
    stretch : tuple of float, optional
        Of measured values, in the layer's unit.

    Raises
    ------
    SourceUnavailable
        The raster cannot be read.
    """
    level, row, column = place
    resampling = "nearest" if stretch is None else "bilinear"
    try:
        with raster_errors(raster), Reader(str(raster.path), tms=grid) as source:
            image = source.tile(
                column,
                row,
                level,
                resampling_method=resampling,
                reproject_method=resampling,
                unscale=stretch is not None,
            )
    except TileOutsideBounds:
        return None
    image.array = np.ma.masked_invalid(image.array)
    if image.array.mask.all():
        return None
    if stretch is not None:
        image.rescale(in_range=(stretch,))
    return bytes(image.render(img_format="PNG", colormap=dict(colours)))
