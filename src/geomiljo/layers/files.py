"""The file of a layer as it is, before anything is checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import shapely

from geomiljo.layers.geoparquet import GeoParquet, is_parquet
from geomiljo.layers.sources.read import gml_as_text, plain_columns
from geomiljo.vectorfile import RawLayer, read_vector_file, settle_crs

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["RawLayer", "read_layer_file"]
_BATCH = 100_000


def read_layer_file(path: Path, table: str | None = None, crs: str | None = None) -> RawLayer:
    """Read one table of a file, in any format that sources come in; see :func:`geomiljo.vectorfile.read_vector_file`.

    Numbers in GML stay texts, as when they come from a source: the code 0180 is no number.
    """
    if is_parquet(path):
        return _read_parquet(path, crs)
    with gml_as_text(path.suffix.lower() == ".gml"):
        return read_vector_file(path, table, crs)


def _read_parquet(path: Path, crs: str | None) -> RawLayer:
    file = GeoParquet.open(path, path.name)
    tables, shapes = [], [np.empty(0, dtype=object)]
    for attributes, wkb in file.batches(_BATCH):
        tables.append(plain_columns(attributes))
        shapes.append(shapely.from_wkb(wkb.to_numpy(zero_copy_only=False), on_invalid="ignore"))
    geometry = np.concatenate(shapes)
    has_z, has_m = shapely.has_z(geometry), shapely.has_m(geometry)
    return RawLayer(
        source=path.name,
        crs=settle_crs(path.name, file.crs, crs, path.suffix),
        fids=np.arange(1, len(geometry) + 1, dtype=np.int64),
        columns=pa.concat_tables(tables) if tables else pa.table({}),
        geometry=shapely.force_2d(geometry),
        dropped_z=int(has_z.sum()),
        dropped_m=int(has_m.sum()),
        has_curves=False,
    )
