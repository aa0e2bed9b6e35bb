"""Low points of an elevation model as areas, with depth and volume."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import shapely
from rasterio.features import shapes
from rasterio.transform import from_bounds
from scipy import ndimage

from geomiljo.crs import ANALYSIS_CRS, transform_one
from geomiljo.geometry import geometry_array
from geomiljo.layers.elevation import Elevation, read_elevation
from geomiljo.layers.files import RawLayer
from geomiljo.layers.terrain import standing_water

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

LEAST_DEPTH_M = 0.2
"""Shallower water is below what an elevation model can tell, and what roads stand."""
_EIGHT = np.ones((3, 3), dtype=int)


def low_points(layer_id: str, kept: dict[str, Any] | None) -> tuple[RawLayer, BaseGeometry]:
    """Return the low points of an elevation model as a file would give them, and where they are known, EPSG:3006.

    A low point is connected ground, corners included, on which water can stand at least 0.2 m deep.

    Parameters
    ----------
    kept : dict
        The raster as the database keeps it.
    """
    model = read_elevation(kept, layer_id)
    depth, is_known = standing_water(model.heights, LEAST_DEPTH_M)
    labels, count = ndimage.label(depth >= LEAST_DEPTH_M, structure=_EIGHT)
    numbers = np.arange(1, count + 1)
    width, height = model.cell_m
    grounds = _areas(labels.astype(np.int32), labels > 0, model)
    columns = {
        "id": pa.array([_name(grounds[number]) for number in numbers.tolist()], pa.string()),
        "djup_m": pa.array(_rounded(ndimage.maximum(depth, labels, numbers), count), pa.float64()),
        "volym_m3": pa.array(_rounded(ndimage.sum(depth, labels, numbers) * width * height, count), pa.float64()),
    }
    raw = RawLayer(
        source=layer_id,
        crs=model.crs,
        fids=numbers.astype(np.int64),
        columns=pa.table(columns),
        geometry=geometry_array([grounds[number] for number in numbers.tolist()]),
        dropped_z=0,
        dropped_m=0,
        has_curves=False,
    )
    mapped = shapely.union_all(list(_areas(is_known.astype(np.int32), is_known, model).values()))
    return raw, transform_one(mapped, model.crs, ANALYSIS_CRS)


def _areas(labels: NDArray[np.int32], mask: NDArray[np.bool_], model: Elevation) -> dict[int, BaseGeometry]:
    """Return the ground of each label, in the model's coordinate system."""
    rows, columns = labels.shape
    found: dict[int, list[BaseGeometry]] = defaultdict(list)
    for outline, label in shapes(labels, mask=mask, transform=from_bounds(*model.bounds, columns, rows)):
        found[int(label)].append(shapely.geometry.shape(outline))
    return {label: shapely.union_all(parts) for label, parts in found.items()}


def _name(ground: BaseGeometry) -> str:
    """Return an id that a low point keeps when others come and go: where a point inside it lies, whole metres."""
    inside = ground.representative_point()
    return f"{inside.x:.0f}-{inside.y:.0f}"


def _rounded(values: Any, count: int) -> list[float]:
    return [round(float(value), 2) for value in values] if count else []
