"""Rows as Arrow record batches, which pyogrio and pyarrow write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa

from geomiljo.batches import BATCH_BYTES, row_batches
from geomiljo.publishing.downloads.rows import BATCH_ROWS, binary_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from geomiljo.publishing.collections import Kind
    from geomiljo.publishing.downloads.rows import Column, Download, Layout

_TYPES: Mapping[Kind, pa.DataType] = {
    "string": pa.string(),
    "number": pa.float64(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "datetime": pa.timestamp("us", tz="UTC"),
    "array": pa.list_(pa.int64()),
}


def arrow_schema(layout: Layout, *, has_lists: bool) -> pa.Schema:
    """Return the schema of a file; GDAL reads the titles of columns there.

    Parameters
    ----------
    has_lists : bool
        The format knows lists; otherwise they are JSON text.
    """
    fields = [pa.field(layout.id_name, pa.string(), nullable=False)]
    for column in layout.columns:
        type_ = pa.string() if column.kind == "array" and not has_lists else _TYPES[column.kind]
        fields.append(pa.field(column.name, type_, metadata=_described(column)))
    fields.append(pa.field(layout.geometry_name, pa.binary(), metadata={"ARROW:extension:name": "geoarrow.wkb"}))
    return pa.schema(fields)


def _described(column: Column) -> dict[str, str]:
    return {"GDAL:OGR:alternative_name": column.title, "GDAL:OGR:comment": column.title}


def arrow_batches(connection: Connection, download: Download, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Yield the features of a download; the geometry is the last column."""
    for batch in row_batches(binary_rows(connection, download), BATCH_ROWS, BATCH_BYTES):
        columns = [_array(values, field) for values, field in zip(zip(*batch, strict=True), schema, strict=True)]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _array(values: Sequence[Any], field: pa.Field) -> pa.Array:
    if field.type == pa.string():
        values = [orjson.dumps(value).decode() if isinstance(value, list) else value for value in values]
    elif field.type == pa.binary():
        values = [None if value is None else bytes(value) for value in values]
    return pa.array(values, field.type)
