"""From the body of an answer to pages: through GDAL, as Arrow, geometries untouched."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from geomiljo.batches import light_parts
from geomiljo.layers.sources.base import Page
from geomiljo.remote import no_answer
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_GML_TYPES = "GML_FIELDTYPES"
_BATCH = 20_000
_GEOMETRY = "wkb_geometry"
_OPTIONS: dict[str, dict[str, str]] = {
    "GeoJSON": {"DATE_AS_STRING": "YES"},
    "GML": {"DOWNLOAD_SCHEMA": "NO", "EXPOSE_GML_ID": "YES", "CONSIDER_EPSG_AS_URN": "NO", "WRITE_GFS": "NO"},
}


def read_pages(
    path: Path | str, address: str, driver: str | None = None, table: str | None = None, ids: list[str] | None = None
) -> Iterator[Page]:
    """Yield the objects of a file in batches.

    Parameters
    ----------
    address : str
        Where it came from, for messages.
    driver : str, optional
        GDAL's name of the format; decides the open options.
    ids : list of str, optional
        The source's ids of all objects of the file; without it the column ``gml_id``, where there is one.

    Raises
    ------
    SourceUnavailable
        It cannot be read to its end.
    """
    options: dict[str, Any] = dict(_OPTIONS.get(driver or "", {}))
    at = 0
    try:
        with (
            gml_as_text(driver == "GML"),
            pyogrio.open_arrow(
                str(path), layer=table, use_pyarrow=True, return_fids=True, batch_size=_BATCH, **options
            ) as (meta, reader),
        ):
            for batch in reader:
                own = ids[at : at + len(batch)] if ids is not None else None
                at += len(batch)
                yield from _light(_page(pa.Table.from_batches([batch]), meta, own))
    except IndexError:
        if driver != "GML":
            raise
        return  # a collection without members has no table
    except (DataSourceError, DataLayerError, pa.ArrowException, OSError, UnicodeDecodeError, ValueError) as error:
        raise no_answer(
            _("{address} sent something that cannot be read as geodata: {reason}."), address, reason=error
        ) from error


@contextmanager
def gml_as_text(is_gml: bool) -> Iterator[None]:
    """Keep GDAL from guessing numbers in GML: the code 0180 is no number."""
    if not is_gml:
        yield
        return
    before = pyogrio.get_gdal_config_option(_GML_TYPES)
    pyogrio.set_gdal_config_options({_GML_TYPES: "ALWAYS_STRING"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({_GML_TYPES: before})


def _page(table: pa.Table, meta: dict[str, Any], ids: list[str] | None) -> Page:
    geometry = meta["geometry_name"] or _GEOMETRY
    wkb = table.column(geometry)
    attributes = table.remove_column(0).drop_columns([geometry])  # the first column is the number of the row
    if ids is None and "gml_id" in table.column_names:
        ids = table.column("gml_id").to_pylist()
    return Page(plain_columns(attributes), _binary(wkb), meta["crs"], ids)


def _light(page: Page) -> Iterator[Page]:
    """Yield a page in parts with few large geometries."""
    for start, rows in light_parts(page.wkb):
        ids = None if page.ids is None else page.ids[start : start + rows]
        yield Page(page.columns.slice(start, rows), page.wkb.slice(start, rows), page.crs, ids)


def _binary(wkb: pa.Array | pa.ChunkedArray) -> pa.Array:
    flat = wkb.combine_chunks() if isinstance(wkb, pa.ChunkedArray) else wkb
    return (flat.storage if isinstance(flat, pa.ExtensionArray) else flat).cast(pa.large_binary())


def plain_columns(table: pa.Table) -> pa.Table:
    """Return columns of numbers, texts, dates and truths; lists and objects as JSON, bytes as their length tells."""
    columns = {}
    for name in table.column_names:
        column = table.column(name)
        kind = column.type
        if pa.types.is_nested(kind):
            texts = [None if v is None else orjson.dumps(v, default=str).decode() for v in column.to_pylist()]
            columns[name] = pa.array(texts, pa.string())
        elif pa.types.is_dictionary(kind):
            columns[name] = column.cast(kind.value_type)
        elif pa.types.is_decimal(kind):
            columns[name] = column.cast(pa.float64())
        elif pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            columns[name] = pc.binary_length(column)
        else:
            columns[name] = column
    return pa.table(columns) if columns else pa.table({"_": pa.nulls(len(table))})
