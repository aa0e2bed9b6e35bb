"""The rows of a download, a handful at a time: memory does not grow with their number."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from geomiljo.crs import ANALYSIS_CRS
from geomiljo.publishing.columns import feature_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pyproj import CRS
    from sqlalchemy import ColumnElement, Connection

    from geomiljo.publishing.collections import Collection, Kind, Property
    from geomiljo.publishing.items import Form, Selection

BATCH_ROWS = 2_000
_FETCHED_ROWS = 100
_WGS84 = 4326


@dataclass(frozen=True, slots=True)
class Download:
    """What is asked for.

    Attributes
    ----------
    collection : Collection
        With the properties that are wanted.
    crs : CRS
        Of the geometries, which have x before y in files.
    condition : ColumnElement of bool
        Filters of the request.
    limit : int or None
        Features at most; None: all.
    values : mapping of str to Any
        What the condition binds.
    """

    collection: Collection
    crs: CRS
    condition: ColumnElement[bool] = field(default_factory=sa.true)
    limit: int | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


def download_of(selection: Selection, form: Form, limit: int | None) -> Download:
    """Return the download of what a page would be made of."""
    collection = replace(selection.collection, properties=form.properties(selection.collection))
    condition = sa.and_(sa.true(), *selection.conditions)
    return Download(collection, form.system.crs, condition, limit, selection.values)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file: a property under a name that is not taken twice, in capitals or not."""

    name: str
    kind: Kind
    title: str


@dataclass(frozen=True, slots=True)
class Layout:
    """How the columns of a file are called."""

    id_name: str
    columns: tuple[Column, ...]
    geometry_name: str
    row_name: str


def layout_of(collection: Collection, geometry_name: str = "geometry") -> Layout:
    """Return the columns of a file of `collection`; titles are Swedish.

    The properties have their own names; the feature's id, the geometry and the file's row number evade them.
    """
    taken: set[str] = set()
    columns = tuple(Column(_free(p.name, taken), p.kind, p.title.sv) for p in collection.properties)
    return Layout(_free("id", taken), columns, _free(geometry_name, taken), _free("fid", taken))


def _free(name: str, taken: set[str]) -> str:
    found, number = name, 1
    while found.lower() in taken:
        number += 1
        found = f"{name}_{number}"
    taken.add(found.lower())
    return found


def srid_of(crs: CRS) -> int:
    """Return the number by which PostGIS knows a system of EPSG, or CRS84; its geometries have x before y.

    Examples
    --------
    >>> from geomiljo.crs import WIRE_CRS
    >>> srid_of(ANALYSIS_CRS), srid_of(WIRE_CRS)
    (3006, 4326)
    """
    return int(crs.to_epsg() or _WGS84)


def moved(collection: Collection, crs: CRS) -> ColumnElement[Any]:
    """Return the geometry in `crs`; multi-part where the collection says so."""
    is_multi = (collection.geometry_type or "").startswith("Multi")
    geometry = sa.func.ST_Multi(collection.geometry) if is_multi else collection.geometry
    return geometry if crs == ANALYSIS_CRS else sa.func.ST_Transform(geometry, srid_of(crs))


def binary_rows(connection: Connection, download: Download) -> Iterator[Sequence[Any]]:
    """Yield id, properties and geometry as WKB."""
    yield from rows(connection, download, sa.func.ST_AsBinary(moved(download.collection, download.crs)))


def rows(connection: Connection, download: Download, *geometry: ColumnElement[Any]) -> Iterator[Sequence[Any]]:
    """Yield id, properties and what `geometry` gives, in the order of paging."""
    collection = download.collection
    query = (
        sa.select(feature_id(collection.id_columns), *(_selected(p) for p in collection.properties), *geometry)
        .select_from(collection.source)
        .where(collection.where, download.condition)
        .order_by(*collection.key)
        .limit(download.limit)
    )
    with connection.execute(query, dict(download.values), execution_options={"yield_per": _FETCHED_ROWS}) as found:
        yield from found


def _selected(published: Property) -> ColumnElement[Any]:
    return sa.cast(published.column, sa.Text) if published.kind == "string" else published.column
