"""JSON-FG 1.0: GeoJSON that also gives the geometry in another system, and the time of a feature."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa

from geomiljo.crs import ANALYSIS_CRS, WIRE_CRS, northing_first
from geomiljo.publishing.downloads.rows import moved, rows, srid_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyproj import CRS
    from sqlalchemy import ColumnElement, Connection

    from geomiljo.publishing.downloads.rows import Download

JSONFG_CORE = "http://www.opengis.net/spec/json-fg-1/1.0/conf/core"
JSONFG_MEDIA_TYPE = "application/vnd.ogc.fg+json"
_CRS84 = "http://www.opengis.net/def/crs/OGC/0/CRS84"
_LONGEST = 15


def jsonfg_document(connection: Connection, download: Download) -> Iterator[bytes]:
    """Yield a feature collection piece by piece.

    ``place`` has the axes in the order of the system's authority; it is null where ``geometry``, in longitude and
    latitude, already says all.
    """
    crs = download.crs
    system = _CRS84 if crs == WIRE_CRS else f"http://www.opengis.net/def/crs/EPSG/0/{srid_of(crs)}"
    head = {"type": "FeatureCollection", "conformsTo": [JSONFG_CORE], "coordRefSys": system}
    yield orjson.dumps(head)[:-1] + b',"features":['
    collection = download.collection
    geometry = sa.func.ST_AsGeoJSON(moved(collection, WIRE_CRS), _decimals(WIRE_CRS))
    place: ColumnElement[Any] = sa.null() if crs == WIRE_CRS else _in_order_of_authority(moved(collection, crs), crs)
    moment = collection.moment
    time = sa.null() if moment is None else moment.column
    names = [published.name for published in collection.properties]
    for number, row in enumerate(rows(connection, download, time, geometry, place)):
        yield (b",\n" if number else b"\n") + orjson.dumps(_feature(names, row))
    yield b"\n]}\n"


def _in_order_of_authority(geometry: ColumnElement[Any], crs: CRS) -> ColumnElement[Any]:
    flipped = sa.func.ST_FlipCoordinates(geometry) if northing_first(crs) else geometry
    return sa.func.ST_AsGeoJSON(flipped, _decimals(crs), 0)


def _decimals(crs: CRS) -> int:
    """Keep every digit of stored coordinates, of others a tenth of a millimetre."""
    if crs == ANALYSIS_CRS:
        return _LONGEST
    return 9 if crs.is_geographic else 4


def _feature(names: Sequence[str], row: Sequence[Any]) -> dict[str, Any]:
    feature_id, *values, time, geometry, place = row
    return {
        "type": "Feature",
        "id": feature_id,
        "time": _time(time),
        "place": None if place is None else orjson.Fragment(place),
        "geometry": None if geometry is None else orjson.Fragment(geometry),
        "properties": dict(zip(names, values, strict=True)),
    }


def _time(moment: dt.date | None) -> dict[str, str] | None:
    if moment is None:
        return None
    if isinstance(moment, dt.datetime):
        return {"timestamp": moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")}
    return {"date": moment.isoformat()}
