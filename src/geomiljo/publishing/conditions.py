"""What a query's parameters ask of features, as conditions: place, time, and equal values.

Places are moved to the system of storage; the column is left as it is, so that its index is used.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import shapely
from sqlalchemy import and_, any_, cast, func, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import BigInteger, LargeBinary, String

from geomiljo.crs import ANALYSIS_CRS, WIRE_CRS, transformer
from geomiljo.database.reading import slot
from geomiljo.database.tables import SRID
from geomiljo.errors import InvalidQuery
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry
    from sqlalchemy import ColumnElement

    from geomiljo.publishing.collections import Collection, Kind, Property
    from geomiljo.publishing.systems import System

_REACH = (-10.0, 45.0, 45.0, 80.0)
"""Longitudes and latitudes within which something can lie that is stored here."""
_STEP_DEGREES, _STEP_M, _MOST_STEPS = 0.009, 1_000.0, 500
"""Edges are divided into steps of a kilometre, those over 500 km into five hundred."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
Span = tuple[dt.datetime | None, dt.datetime | None]
"""First moment, and the one after the last; None: open."""


def box_of(text: str, system: System) -> BaseGeometry | None:
    """Return the box of ``bbox`` in EPSG:3006; None where it holds everything.

    Edges are divided before they are moved, so that they stay where they were. A box of longitudes that begins east
    of its end goes over the antimeridian.

    Raises
    ------
    InvalidQuery
        There are not four or six numbers, or they are no box.

    Examples
    --------
    >>> from geomiljo.publishing.systems import CRS84, STORAGE
    >>> box_of("6500000,600000,6500100,600200", STORAGE).bounds
    (600000.0, 6500000.0, 600200.0, 6500100.0)
    >>> box_of("-180,-90,180,90", CRS84) is None
    True
    """
    first, low, last, high = _corners(text, system)
    if system.srid == SRID:
        return _drawn((first, low, last, high))
    west, south, east, north = reach = _reach(system)
    spans = [(first, last)] if first <= last else [(first, 180.0), (-180.0, last)]
    boxes = [(max(a, west), max(low, south), min(b, east), min(high, north)) for a, b in spans]
    if reach in boxes:
        return None
    moved = [_moved(box, system) for box in boxes if box[0] <= box[2] and box[1] <= box[3]]
    return shapely.union_all(moved) if moved else shapely.Polygon()


def _corners(text: str, system: System) -> tuple[float, float, float, float]:
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) not in {4, 6} or not all(map(math.isfinite, numbers)):
        raise InvalidQuery(
            _("bbox is four numbers, or six with heights, set apart by commas; this is {text}."),
            remedy=_("Lower corner first, for example {example}."),
            location="bbox",
            text=text[:80],
            example="17.9,59.2,18.1,59.4",
        )
    half = len(numbers) // 2
    low, high = numbers[:2], numbers[half : half + 2]
    if system.is_flipped:
        low, high = low[::-1], high[::-1]
    if low[1] > high[1] or (low[0] > high[0] and not system.crs.is_geographic):
        raise InvalidQuery(
            _("The box {text} begins above its end."),
            remedy=_("Give the lower corner first, with the axes in the order of {system}."),
            location="bbox",
            text=text[:80],
            system=system.uri,
        )
    return low[0], low[1], high[0], high[1]


@cache
def _reach(system: System) -> tuple[float, float, float, float]:
    """Return the box in the system's own coordinates within which something can lie."""
    found: tuple[float, float, float, float] = transformer(WIRE_CRS, system.crs).transform_bounds(*_REACH)
    return found


def _drawn(box: tuple[float, float, float, float]) -> BaseGeometry:
    """Return a box, or what is left of it without width or height."""
    if box[0] < box[2] and box[1] < box[3]:
        return shapely.box(*box)
    corners = [box[:2], box[2:]]
    return shapely.Point(corners[0]) if corners[0] == corners[1] else shapely.LineString(corners)


def _moved(box: tuple[float, float, float, float], system: System) -> BaseGeometry:
    longest = max(box[2] - box[0], box[3] - box[1])
    step = max(_STEP_DEGREES if system.crs.is_geographic else _STEP_M, longest / _MOST_STEPS)
    dense = shapely.segmentize(_drawn(box), step)
    move = transformer(system.crs, ANALYSIS_CRS)

    def project(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(move.transform(coordinates[:, 0], coordinates[:, 1]))

    moved: BaseGeometry = shapely.transform(dense, project)
    return moved


def meets(collection: Collection) -> ColumnElement[bool]:
    """Return the condition that a feature meets the box that is bound as ``bbox``; see :func:`box_value`."""
    return func.ST_Intersects(collection.geometry, func.ST_GeomFromEWKB(slot("bbox", LargeBinary())))


def box_value(box: BaseGeometry) -> bytes:
    """Return a box as the condition of :func:`meets` takes it."""
    value: bytes = shapely.to_wkb(shapely.set_srid(box, SRID), include_srid=True)
    return value


def span_of(text: str) -> Span:
    """Return the span of ``datetime``: of a moment, a day, or an interval of them.

    Raises
    ------
    InvalidQuery
        It is none of these.

    Examples
    --------
    >>> span_of("../2020-01-01")[1].isoformat()
    '2020-01-02T00:00:00+00:00'
    """
    parts = text.split("/")
    ends = [None if part in {"", ".."} else _ends(part) for part in parts]
    if len(parts) > 2 or (len(parts) == 1 and ends[0] is None):
        raise _no_moment(text)
    first, last = ends[0], ends[-1]
    if first is not None and last is not None and first[0] >= last[1]:
        raise _no_moment(text)
    return first and first[0], last and last[1]


def during(moment: Property, span: Span) -> ColumnElement[bool]:
    """Return the condition that a feature's moment lies within a span.

    Examples
    --------
    >>> from sqlalchemy import column, Date
    >>> from geomiljo.catalogue.base import Text
    >>> from geomiljo.publishing.collections import Property
    >>> day = Property("d", "date", Text(sv="Dag", en="Day"), column("d", Date))
    >>> str(during(day, span_of("2020-01-01/..")))
    'd >= :d_1'
    """
    first, end = span
    conditions = []
    if first is not None:
        conditions.append(moment.column >= _as_moment(moment, first))
    if end is not None:
        conditions.append(moment.column <= _as_moment(moment, end - dt.timedelta(microseconds=1)))
    return and_(true(), *conditions) if len(conditions) != 1 else conditions[0]


def _ends(text: str) -> tuple[dt.datetime, dt.datetime]:
    """Return the first moment of a day or moment, and the one after its last."""
    try:
        if _DAY.fullmatch(text):
            begin = dt.datetime.combine(dt.date.fromisoformat(text), dt.time(), dt.UTC)
            return begin, begin + dt.timedelta(days=1)
        begin = dt.datetime.fromisoformat(text)
        if begin.tzinfo is not None:
            return begin, begin + dt.timedelta(microseconds=1)
    except (ValueError, OverflowError):
        pass
    raise _no_moment(text)


def _as_moment(moment: Property, value: dt.datetime) -> dt.date | dt.datetime:
    return value.date() if moment.kind == "date" else value


def _no_moment(text: str) -> InvalidQuery:
    return InvalidQuery(
        _("{text} is no moment, and no interval that begins before it ends."),
        remedy=_("Write 2026-03-31, 2026-03-31T12:00:00Z, or an interval such as 2026-01-01/.. ."),
        location="datetime",
        text=text[:80],
    )


def equal_to(wanted: Property, name: str, text: str) -> tuple[ColumnElement[bool], Mapping[str, Any]]:
    """Return the condition that a property has the value that `text` means, and the values that it binds.

    Parameters
    ----------
    name : str
        Under which the values are bound.

    Raises
    ------
    InvalidQuery
        The text is no value of the property's kind.
    """
    value = value_of(wanted, text)
    if wanted.kind == "array":
        return slot(name, BigInteger()) == any_(wanted.column), {name: value}
    if wanted.document is None:
        kind = BigInteger() if wanted.kind == "integer" else wanted.column.type
        return wanted.column == slot(name, kind), {name: value}
    held = wanted.document.contains(cast(slot(name, String()), JSONB))
    return held, {name: orjson.dumps({wanted.name: value}).decode()}


def value_of(wanted: Property, text: str) -> Any:
    """Return what `text` means as a value of a property.

    Raises
    ------
    InvalidQuery
    """
    try:
        value = _READ[wanted.kind](text)
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError  # noqa: TRY301 - told below like the others
    except (ValueError, KeyError, OverflowError) as error:
        raise InvalidQuery(
            _("{text} is no value of {property}, which is of the kind {kind}."),
            remedy=_("See /queryables of the collection."),
            location=wanted.name,
            text=text[:80],
            property=wanted.name,
            kind=wanted.kind,
        ) from error
    return value


def _moment_with_zone(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)


def _whole(text: str) -> int:
    number = int(text)
    if abs(number) >= 1 << 63:
        raise OverflowError(text)
    return number


_READ: Mapping[Kind, Callable[[str], Any]] = {
    "string": str,
    "number": float,
    "integer": _whole,
    "boolean": lambda text: {"true": True, "false": False}[text.lower()],
    "date": dt.date.fromisoformat,
    "datetime": _moment_with_zone,
    "array": _whole,
}
