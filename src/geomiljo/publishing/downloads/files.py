"""GeoPackage, FlatGeobuf and GeoParquet, written to a temporary file that is gone when it has been sent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa
import pyogrio
import sqlalchemy as sa
from pyproj import CRS

from geomiljo.crs import WIRE_CRS
from geomiljo.publishing.downloads.arrow import arrow_batches, arrow_schema
from geomiljo.publishing.downloads.parquet import write_parquet
from geomiljo.publishing.downloads.rows import layout_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection

    from geomiljo.publishing.collections import Collection
    from geomiljo.publishing.downloads.rows import Download, Layout


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A format of files.

    Attributes
    ----------
    write : callable
        Writes a download to a path that does not exist yet.
    """

    media_type: str
    extension: str
    title: str
    write: Callable[[Connection, Download, Path], None]


def written_file(connection: Connection, download: Download, format_: FileFormat) -> BinaryIO:
    """Return a download as an open file that has no name any more."""
    with TemporaryDirectory(prefix="geomiljo-") as folder:
        path = Path(folder) / file_name(download.collection, format_.extension)
        format_.write(connection, download, path)
        return path.open("rb")


def file_name(collection: Collection, extension: str) -> str:
    """Return a name that every file system and header takes.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> file_name(SimpleNamespace(id='local.ytor"/../ö'), "csv")
    'local-ytor-.csv'
    """
    return f"{re.sub('[^A-Za-z0-9_]+', '-', collection.id)}.{extension}"


def _geopackage(connection: Connection, download: Download, path: Path) -> None:
    layout = layout_of(download.collection, "geom")
    collection = download.collection
    options = {
        "FID": layout.row_name,
        "GEOMETRY_NAME": layout.geometry_name,
        "IDENTIFIER": collection.title.sv,
        "DESCRIPTION": collection.description.sv,
    }
    _write(connection, download, path, layout, "GPKG", options, layer_metadata=_metadata(collection))


def _metadata(collection: Collection) -> dict[str, str]:
    about = {"LICENCE": collection.licence, "ATTRIBUTION": collection.attribution, "VERSION": collection.version}
    return {key: text for key, text in about.items() if text}


def _flatgeobuf(connection: Connection, download: Download, path: Path) -> None:
    """Write with a spatial index, which the format has only where every feature has a place."""
    options = {
        "TITLE": download.collection.title.sv,
        "DESCRIPTION": download.collection.description.sv,
        "SPATIAL_INDEX": "NO" if _has_nowhere(connection, download) else "YES",
    }
    _write(connection, download, path, layout_of(download.collection), "FlatGeobuf", options)


def _has_nowhere(connection: Connection, download: Download) -> bool:
    collection = download.collection
    placeless = collection.geometry.is_(None) | sa.func.ST_IsEmpty(collection.geometry)
    query = sa.select(sa.literal(1)).select_from(collection.source).where(collection.where, placeless).limit(1)
    if download.condition is not None:
        query = query.where(download.condition)
    return connection.scalar(query, dict(download.values)) is not None


def _write(
    connection: Connection,
    download: Download,
    path: Path,
    layout: Layout,
    driver: str,
    options: dict[str, str],
    **more: Any,
) -> None:
    schema = arrow_schema(layout, has_lists=False)
    reader = pa.RecordBatchReader.from_batches(schema, arrow_batches(connection, download, schema))
    crs = CRS.from_epsg(4326) if download.crs == WIRE_CRS else download.crs
    pyogrio.write_arrow(
        reader,
        path,
        layer=download.collection.id,
        driver=driver,
        geometry_name=layout.geometry_name,
        geometry_type=download.collection.geometry_type or "Unknown",
        crs=crs.to_wkt(),
        layer_options=options,
        **more,
    )


FILES: Mapping[str, FileFormat] = {
    "gpkg": FileFormat("application/geopackage+sqlite3", "gpkg", "GeoPackage", _geopackage),
    "fgb": FileFormat("application/flatgeobuf", "fgb", "FlatGeobuf", _flatgeobuf),
    "parquet": FileFormat("application/vnd.apache.parquet", "parquet", "GeoParquet", write_parquet),
}
