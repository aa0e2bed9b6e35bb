"""Small worlds for tests, made by the same code that makes real ones."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import geopandas
import numpy as np
import pyarrow as pa
import rasterio
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geomiljo.analysis.area import PlanArea, PlanPart
from geomiljo.analysis.measure import measure
from geomiljo.analysis.pieces import LayerSearch, Pieces
from geomiljo.analysis.tables import Measurements
from geomiljo.catalogue import Catalogue
from geomiljo.crs import ANALYSIS_CRS
from geomiljo.geometry import geometry_array
from geomiljo.layers.cut import cut_pieces, pieces_of
from geomiljo.layers.files import RawLayer
from geomiljo.layers.readers import LoadedLayer, MemoryReader
from geomiljo.layers.stage import StagedLayer, classification_hash, stage

EAST, NORTH = 600_000.0, 6_500_000.0
"""Where test worlds lie: well inside Sweden."""
EVERYWHERE = shapely.box(EAST - 1e6, NORTH - 2e6, EAST + 1e6, NORTH + 2e6)


def box(xmin: float, ymin: float, xmax: float, ymax: float) -> shapely.Polygon:
    """Return a rectangle in metres from the corner of the test world."""
    return shapely.box(EAST + xmin, NORTH + ymin, EAST + xmax, NORTH + ymax)


def line(*vertices: tuple[float, float]) -> shapely.LineString:
    """Return a line in metres from the corner of the test world."""
    return shapely.LineString([(EAST + x, NORTH + y) for x, y in vertices])


def point(x: float, y: float) -> shapely.Point:
    """Return a point in metres from the corner of the test world."""
    return shapely.Point(EAST + x, NORTH + y)


def raw_layer(geometries: Sequence[BaseGeometry | None], **columns: Sequence[Any]) -> RawLayer:
    """Return objects as a file would give them."""
    count = len(geometries)
    return RawLayer(
        source="test",
        crs=ANALYSIS_CRS,
        fids=np.arange(1, count + 1, dtype=np.int64),
        columns=pa.table(columns) if columns else pa.table({"_": pa.nulls(count)}),
        geometry=geometry_array(list(geometries)),
        dropped_z=0,
        dropped_m=0,
        has_curves=False,
    )


def staged(
    catalogue: Catalogue, layer: str, geometries: Sequence[BaseGeometry | None], **columns: Sequence[Any]
) -> StagedLayer:
    """Return objects of a layer, staged; filter attributes that are not given are declared absent."""
    register = catalogue.layers[layer]
    mapping = {a.name: "" for a in register.attributes if not set(a.columns) & set(columns)}
    return stage(register, raw_layer(geometries, **columns), mapping).with_unique_ids()


def reader_over(
    layers: Mapping[str, StagedLayer], coverage: BaseGeometry | Mapping[str, BaseGeometry | None] | None = EVERYWHERE
) -> MemoryReader:
    """Return a reader over staged layers; by default they have mapped everything."""
    loaded, pieces, objects = {}, {}, {}
    for layer_id, layer in layers.items():
        mapped = coverage.get(layer_id, EVERYWHERE) if isinstance(coverage, Mapping) else coverage
        loaded[layer_id] = LoadedLayer(
            layer_id,
            f"{layer.content_sum():064x}"[:12],
            "2026-01-01",
            classification_hash(layer.layer),
            mapped,
            unknown_count=len(layer.report.rejected),
            largest_error_m=layer.largest_error_m,
        )
        pieces[layer_id] = pieces_of(layer, threads=1)
        objects[layer_id] = dict(zip(layer.ids, layer.geometry, strict=True))
    return MemoryReader(loaded, pieces, objects)


def plan(*parts: tuple[BaseGeometry, tuple[str, ...] | None], outline: BaseGeometry | None = None) -> PlanArea:
    """Return a planning area of parts with land uses; its outline is their union unless given."""
    made = tuple(PlanPart(f"p{n}", uses, geometry) for n, (geometry, uses) in enumerate(parts, start=1))
    return PlanArea("Testplan", outline or shapely.union_all([p.geometry for p in made]), made)


def whole(geometry: BaseGeometry) -> PlanArea:
    """Return a planning area without parts."""
    return PlanArea("Testplan", geometry)


def measured(
    area: BaseGeometry | Sequence[BaseGeometry],
    objects: Sequence[BaseGeometry],
    classes: Sequence[int] | None = None,
    **search: Any,
) -> Measurements:
    """Cut and measure objects of one layer at one or several areas."""
    areas = [area] if isinstance(area, BaseGeometry) else list(area)
    bits = np.array(classes or [1] * len(objects), dtype=np.int64)
    options: dict[str, Any] = {"reach_m": 100.0, "class_sets": (1, 2, 3), **search}
    width = options.get("sliver_width_m", 1.0)
    pieces = cut_pieces(geometry_array(list(objects)), bits, width, threads=1) if objects else Pieces.empty()
    return measure(geometry_array(areas), pieces, [LayerSearch("test", **options)])


def write_layer(
    path: Path, geometries: Sequence[BaseGeometry | None], crs: int = 3006, **columns: Sequence[Any]
) -> Path:
    """Write objects of the test world to a vector file; the name's ending chooses the format."""
    frame = geopandas.GeoDataFrame(dict(columns), geometry=list(geometries), crs=ANALYSIS_CRS)
    frame.to_crs(crs).to_file(path, engine="pyogrio")
    return path


def write_cells(
    values: NDArray[Any], area: BaseGeometry, *, nodata: float | None = None, crs: int = 3006, path: Path | None = None
) -> Path:
    """Write a raster whose cells fill the bounds of an area; without a path into a file that the run removes."""
    rows, columns = values.shape
    if path is None:
        name = hashlib.sha256(values.tobytes() + repr((values.shape, area.bounds, nodata, crs)).encode()).hexdigest()
        path = Path(_rasters().name) / f"{name}.tif"
    profile = {"width": columns, "height": rows, "count": 1, "dtype": values.dtype, "crs": f"EPSG:{crs}"}
    place = rasterio.transform.from_bounds(*area.bounds, columns, rows)
    with rasterio.open(path, "w", driver="GTiff", transform=place, nodata=nodata, **profile) as dataset:
        dataset.write(values, 1)
    return path


@cache
def _rasters() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="geomiljo-cells-")
