"""A small table with rows that filters are asked of."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import shapely
import sqlalchemy as sa
from factories import EAST, NORTH
from geoalchemy2 import Geometry
from shapely.geometry.base import BaseGeometry

from geomiljo.publishing.filters import Field, Fields

Tree = dict[str, Any]
Truth = bool | None

TABLE = sa.Table(
    "filter_world",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("area", sa.Double),
    sa.Column("parts", sa.Integer),
    sa.Column("namn", sa.Text),
    sa.Column("other", sa.Text),
    sa.Column("inside", sa.Boolean),
    sa.Column("decided", sa.Date),
    sa.Column("seen", sa.DateTime(timezone=True)),
    sa.Column("tags", sa.ARRAY(sa.Text)),
    sa.Column("numbers", sa.ARRAY(sa.Integer)),
    sa.Column("geom", Geometry("GEOMETRY", srid=3006)),
)
FIELDS = Fields(
    {
        "area": Field(TABLE.c.area, "number"),
        "parts": Field(TABLE.c.parts, "number"),
        "namn": Field(TABLE.c.namn, "text"),
        "Annat namn": Field(TABLE.c.other, "text"),
        "inside": Field(TABLE.c.inside, "boolean"),
        "decided": Field(TABLE.c.decided, "date"),
        "seen": Field(TABLE.c.seen, "timestamp"),
        "tags": Field(TABLE.c.tags, "texts"),
        "numbers": Field(TABLE.c.numbers, "numbers"),
    },
    TABLE.c.geom,
)


def _box(x: int, y: int, width: int, height: int) -> BaseGeometry:
    return shapely.box(EAST + x, NORTH + y, EAST + x + width, NORTH + y + height)


@dataclass(frozen=True)
class Row:
    """One row, as the table and the oracle know it."""

    id: int
    area: float | None
    parts: int | None
    namn: str | None
    other: str | None
    inside: bool | None
    decided: dt.date | None
    seen: dt.datetime | None
    tags: list[str] | None
    numbers: list[int] | None
    geom: BaseGeometry | None


def _at(day: int, hour: int = 0) -> dt.datetime:
    return dt.datetime(2020, 1, day, hour, tzinfo=dt.UTC)


ROWS = [
    Row(1, 1.5, 1, "Åkerö", "akero", True, dt.date(2020, 1, 1), _at(1), ["a", "b"], [1, 2], _box(0, 0, 10, 10)),
    Row(2, -2.0, 2, "åkerö", "Åkerö", False, dt.date(2020, 1, 2), _at(2, 12), ["a"], [1], _box(5, 5, 10, 10)),
    Row(3, 0.0, 3, "O'Brien", "o'brien", None, dt.date(2020, 1, 3), _at(3, 23), [], [], _box(10, 0, 10, 10)),
    Row(4, 2.25, None, "100%", "a_b", True, None, _at(3), ["b", "c"], [2, 3], _box(2, 2, 3, 3)),
    Row(5, None, 5, None, "x", False, dt.date(2020, 1, 5), None, None, None, None),
    Row(6, 4.0, -1, "", None, True, dt.date(2019, 12, 31), _at(6, 6), ["å"], [4], shapely.Point(EAST + 3, NORTH + 3)),
    Row(
        7,
        1e9,
        7,
        "back\\slash",
        "Idé",
        False,
        dt.date(2021, 6, 1),
        dt.datetime(2021, 6, 1, 1, tzinfo=dt.UTC),
        ["a", "a"],
        [1, 1],
        shapely.LineString([(EAST - 5, NORTH + 5), (EAST + 15, NORTH + 5)]),
    ),
    Row(8, 2.25, 8, "ÄÖ é", "éöä", None, dt.date(2020, 1, 2), _at(2), ["c"], [3], shapely.MultiPoint([(EAST, NORTH)])),
    Row(9, -0.5, 0, "-- x", '"quoted"', True, dt.date(2020, 1, 1), _at(1, 23), ["b", "a"], [2, 1], _box(0, 0, 10, 10)),
    Row(10, None, None, None, None, None, None, None, None, None, None),
]
PLAIN_GEOMETRIES: list[BaseGeometry] = [
    _box(0, 0, 10, 10),
    _box(3, 3, 4, 4),
    _box(-20, -20, 80, 80),
    _box(20, 20, 5, 5),
    shapely.Point(EAST + 3, NORTH + 3),
    shapely.Point(EAST, NORTH),
    shapely.LineString([(EAST - 5, NORTH + 5), (EAST + 15, NORTH + 5)]),
    shapely.LineString([(EAST, NORTH), (EAST + 10, NORTH)]),
    shapely.MultiPoint([(EAST + 3, NORTH + 3), (EAST + 30, NORTH)]),
    shapely.MultiLineString([[(EAST, NORTH), (EAST + 10, NORTH + 10)], [(EAST, NORTH + 20), (EAST + 5, NORTH + 20)]]),
    shapely.MultiPolygon([_box(0, 0, 2, 2), _box(12, 2, 2, 2)]),
]


def fill(connection: sa.Connection) -> None:
    """Make the table and its rows."""
    TABLE.metadata.create_all(connection)
    columns = [name for name in TABLE.columns.keys() if name != "geom"]  # noqa: SIM118 - columns are no mapping
    for row in ROWS:
        wkb = None if row.geom is None else sa.func.ST_GeomFromWKB(shapely.to_wkb(row.geom), 3006)
        connection.execute(TABLE.insert().values({name: getattr(row, name) for name in columns} | {"geom": wkb}))
