"""Rasters that are made from an elevation model, loaded as versions of their layers."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import rasterio
from rasterio.transform import from_bounds

from geomiljo.catalogue.recipes import TerrainRecipe
from geomiljo.layers.derive import inputs_of
from geomiljo.layers.elevation import read_elevation
from geomiljo.layers.raster_load import RasterOptions, load_raster
from geomiljo.layers.terrain import NOTHING, flow_ha, slope_pct

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from geomiljo.catalogue import Catalogue
    from geomiljo.layers.raster_load import LoadedRaster


def make_terrain_raster(engine: Engine, catalogue: Catalogue, layer_id: str) -> LoadedRaster:
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
    model = read_elevation(version.raster, name)
    is_slope = isinstance(layer.recipe, TerrainRecipe) and layer.recipe.terrain == "slope"
    values = (slope_pct if is_slope else flow_ha)(model.heights, model.cell_m)
    rows, columns = values.shape
    with tempfile.TemporaryDirectory(prefix="geomiljo-") as folder:
        path = Path(folder) / f"{layer_id}.tif"
        profile = {"width": columns, "height": rows, "count": 1, "dtype": "float32", "crs": model.crs.to_wkt()}
        place = from_bounds(*model.bounds, columns, rows)
        with rasterio.open(path, "w", driver="GTiff", transform=place, nodata=NOTHING, **profile) as dataset:
            dataset.write(values, 1)
        kept = model.path.parent.parent
        options = RasterOptions(source_date=version.source_date)
        return load_raster(engine, catalogue, layer_id, path, kept, options, made_from={name: version.version})
