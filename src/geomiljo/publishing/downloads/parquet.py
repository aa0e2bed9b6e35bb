"""GeoParquet 1.1 with the column of bounding boxes that lets a reader skip row groups."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from geomiljo.publishing.downloads.arrow import arrow_batches, arrow_schema
from geomiljo.publishing.downloads.rows import layout_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from geomiljo.publishing.downloads.rows import Download

_CORNERS = ("xmin", "ymin", "xmax", "ymax")
_BOX = pa.struct([pa.field(corner, pa.float64()) for corner in _CORNERS])


@dataclass(slots=True)
class _Seen:
    """What the file's metadata tell of all geometries; the one value that grows while a file is written."""

    bounds: NDArray[np.float64] = field(default_factory=lambda: np.full(4, np.nan))
    types: set[str] = field(default_factory=set)

    def add(self, geometries: NDArray[np.object_]) -> None:
        """Take more geometries in."""
        low, high = np.split(self.bounds, 2)
        more_low, more_high = np.split(shapely.total_bounds(geometries), 2)
        self.bounds = np.concatenate([np.fmin(low, more_low), np.fmax(high, more_high)])
        self.types |= {geometry.geom_type for geometry in geometries if geometry is not None}


def write_parquet(connection: Connection, download: Download, path: Path) -> None:
    """Write a download, a row group for each batch."""
    layout = layout_of(download.collection)
    schema = arrow_schema(layout, has_lists=True)
    box_name = "bbox" if "bbox" not in {name.lower() for name in schema.names} else "geometry_bbox"
    stored = schema.append(pa.field(box_name, _BOX))
    seen = _Seen()
    with pq.ParquetWriter(path, stored, compression="zstd") as writer:
        for batch in arrow_batches(connection, download, schema):
            geometries = shapely.from_wkb(np.array(batch.column(layout.geometry_name).to_pylist(), dtype=object))
            seen.add(geometries)
            writer.write_batch(pa.RecordBatch.from_arrays([*batch.columns, _boxes(geometries)], schema=stored))
        writer.add_key_value_metadata({"geo": orjson.dumps(_geo(download, layout.geometry_name, box_name, seen))})


def _boxes(geometries: NDArray[np.object_]) -> pa.Array:
    bounds = shapely.bounds(geometries)
    nowhere = np.isnan(bounds[:, 0])
    corners = [pa.array(bounds[:, column]) for column in range(4)]
    return pa.StructArray.from_arrays(corners, fields=list(_BOX), mask=pa.array(nowhere))


def _geo(download: Download, geometry_name: str, box_name: str, seen: _Seen) -> dict[str, Any]:
    column: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": sorted(seen.types),
        "crs": download.crs.to_json_dict(),
        "covering": {"bbox": {corner: [box_name, corner] for corner in _CORNERS}},
    }
    if not np.isnan(seen.bounds).any():
        column["bbox"] = seen.bounds.tolist()
    return {"version": "1.1.0", "primary_column": geometry_name, "columns": {geometry_name: column}}
