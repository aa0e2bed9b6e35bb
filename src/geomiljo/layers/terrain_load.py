"""Rasters that are made from an elevation model, loaded as versions of their layers."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rasterio
from rasterio.transform import from_bounds
from rasterio.windows import Window

from geomiljo.catalogue.recipes import TerrainRecipe
from geomiljo.layers.derive import inputs_of
from geomiljo.layers.elevation import opened_elevation, read_elevation, slope_strips
from geomiljo.layers.raster_load import RasterOptions, load_raster
from geomiljo.layers.terrain import NOTHING, flow_ha

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray
    from pyproj import CRS
    from sqlalchemy import Engine

    from geomiljo.catalogue import Catalogue
    from geomiljo.layers.raster_load import LoadedRaster


def make_terrain_raster(engine: Engine, catalogue: Catalogue, layer_id: str, *, accept: bool = False) -> LoadedRaster:
    """Make a raster by its recipe, as the new active version of its layer; it is kept beside what it is made from.

    Raises
    ------
    InputError
        The layer has no recipe, or its input cannot be used.
    NotFound
        The input is not loaded.
    """
    layer = catalogue.layer(layer_id)
    with engine.connect() as connection:
        [(name, version)] = inputs_of(connection, layer).items()
    is_slope = isinstance(layer.recipe, TerrainRecipe) and layer.recipe.terrain == "slope"
    with tempfile.TemporaryDirectory(prefix="geomiljo-") as folder:
        path = Path(folder) / f"{layer_id}.tif"
        input_path = (_write_slope if is_slope else _write_flow)(version.raster, name, path)
        kept = input_path.parent.parent
        options = RasterOptions(source_date=version.source_date)
        made_from = {name: version.version}
        return load_raster(engine, catalogue, layer_id, path, kept, options, made_from=made_from, accept=accept)


def _write_slope(kept: dict[str, Any] | None, layer: str, path: Path) -> Path:
    """Write the slope of a model of any size; return the path of the model."""
    with opened_elevation(kept, layer) as (source, input_path):
        _write(path, source.bounds, source.crs, source.shape, slope_strips(source))
    return input_path


def _write_flow(kept: dict[str, Any] | None, layer: str, path: Path) -> Path:
    """Write what drains through each cell; return the path of the model."""
    model = read_elevation(kept, layer)
    _write(path, model.bounds, model.crs, model.heights.shape, [(0, flow_ha(model.heights, model.cell_m))])
    return model.path


def _write(
    path: Path,
    bounds: tuple[float, float, float, float],
    crs: CRS,
    shape: tuple[int, ...],
    strips: Iterable[tuple[int, NDArray[np.float32]]],
) -> None:
    rows, columns = shape
    profile = {"width": columns, "height": rows, "count": 1, "dtype": "float32", "crs": crs.to_wkt()}
    place = from_bounds(*bounds, columns, rows)
    with rasterio.open(
        path, "w", driver="GTiff", transform=place, nodata=NOTHING, bigtiff="IF_SAFER", **profile
    ) as made:
        for first, values in strips:
            made.write(values, 1, window=Window(0, first, columns, len(values)))
