"""The file of a layer as it is, before anything is checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from geomiljo.layers.geoparquet import GeoParquet, is_parquet
from geomiljo.layers.sources.read import gml_as_text, plain_columns
from geomiljo.vectorfile import RawLayer, joined, settle_crs, vector_batches

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["RawLayer", "layer_batches", "read_layer_file"]
_ROWS = 4_000


def read_layer_file(path: Path, table: str | None = None, crs: str | None = None) -> RawLayer:
    """Read one table of a file whole, in any format that sources come in; see :func:`layer_batches`."""
    return joined(layer_batches(path, table, crs))


def layer_batches(path: Path, table: str | None = None, crs: str | None = None) -> Iterator[RawLayer]:
    """Yield one table of a file in batches; see :func:`geomiljo.vectorfile.vector_batches`.

    Numbers in GML stay texts, as when they come from a source: the code 0180 is no number.
    """
    if is_parquet(path):
        yield from _parquet_batches(path, crs)
        return
    with gml_as_text(path.suffix.lower() == ".gml"):
        yield from vector_batches(path, table, crs, rows=_ROWS)


def _parquet_batches(path: Path, crs: str | None) -> Iterator[RawLayer]:
    file = GeoParquet.open(path, path.name)
    settled = settle_crs(path.name, file.crs, crs, path.suffix)
    done = 0
    for attributes, wkb in file.batches(_ROWS):
        geometry = shapely.from_wkb(wkb.to_numpy(zero_copy_only=False), on_invalid="ignore")
        yield RawLayer(
            source=path.name,
            crs=settled,
            fids=np.arange(done + 1, done + len(geometry) + 1, dtype=np.int64),
            columns=plain_columns(attributes),
            geometry=shapely.force_2d(geometry),
            dropped_z=int(shapely.has_z(geometry).sum()),
            dropped_m=int(shapely.has_m(geometry).sum()),
            has_curves=False,
        )
        done += len(geometry)
