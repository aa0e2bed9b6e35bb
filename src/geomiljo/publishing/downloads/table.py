"""CSV: one line for each feature, its geometry as WKT with x before y."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from geomiljo.publishing.downloads.rows import layout_of, moved, rows
from geomiljo.reports.delimited import csv_chunks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from geomiljo.publishing.downloads.rows import Download


def csv_rows(connection: Connection, download: Download) -> Iterator[bytes]:
    """Yield a CSV document piece by piece; GDAL takes a column ``WKT`` for the geometry."""
    layout = layout_of(download.collection, "WKT")
    names = [layout.id_name, *(column.name for column in layout.columns), layout.geometry_name]
    geometry = sa.func.ST_AsText(moved(download.collection, download.crs))
    yield from csv_chunks(names, rows(connection, download, geometry))
