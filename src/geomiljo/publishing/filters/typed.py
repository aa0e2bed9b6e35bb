"""Values inside a filter: properties and literals as SQL of a known kind."""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from geomiljo.publishing.filters.fields import KIND_WORDS, quoted
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyproj import CRS
    from sqlalchemy import ColumnElement

    from geomiljo.publishing.filters.fields import Fields, Kind
    from geomiljo.publishing.filters.tree import Node

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?")
_EXACT = 2**53
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Typed:
    """A part of a filter as SQL."""

    kind: Kind
    sql: ColumnElement[Any]


@dataclass(frozen=True, slots=True)
class Scope:
    """What a filter is translated against: the collection, and the coordinate system of the filter's geometries."""

    fields: Fields
    crs: CRS


def property_value(node: Node, scope: Scope) -> Typed:
    """Return the column of a property.

    Raises
    ------
    Fault
        The collection has no property of that name.
    """
    name = node.value["property"]
    field = scope.fields.properties.get(name)
    if field is not None:
        return Typed(field.kind, field.column)
    if name == scope.fields.geometry_name and scope.fields.geometry is not None:
        return Typed("geometry", scope.fields.geometry)
    raise node.fault(_("There is no property {name} here."), name=quoted(name))


def literal(node: Node) -> Typed | None:
    """Return a literal text, number, truth value, date or point in time; None where the node is something else."""
    value = node.value
    if isinstance(value, bool):
        return Typed("boolean", sa.literal(value, sa.Boolean))
    if isinstance(value, (int, float)):
        return Typed("number", _number(node, float(value)))
    if isinstance(value, str):
        if "\x00" in value:
            raise node.fault(_("A text in the filter holds NUL."))
        return Typed("text", sa.literal(value, sa.Text))
    if node.member("date") is not None:
        return Typed("date", sa.literal(date(node, node.member("date")), sa.Date))
    if node.member("timestamp") is not None:
        return Typed("timestamp", sa.literal(moment(node, node.member("timestamp")), sa.DateTime(timezone=True)))
    if value is None:
        raise node.fault(_("Nothing equals null. Write IS NULL, or IS NOT NULL."))
    return None


def _number(node: Node, value: float) -> ColumnElement[Any]:
    """Bind whole numbers as such, so that an index on a whole number serves."""
    if not math.isfinite(value):
        raise node.fault(_("A number in the filter is too large."))
    if value.is_integer() and abs(value) < _EXACT:
        return sa.literal(int(value), sa.BigInteger)
    return sa.literal(value, sa.Double)


def date(node: Node, text: Any) -> dt.date:
    """Return a date, year-month-day."""
    found = _parsed(text, _DATE, dt.date.fromisoformat)
    if found is None:
        raise node.fault(_("{text} is not a date such as 2020-01-31."), text=str(text)[:40])
    return found


def moment(node: Node, text: Any) -> dt.datetime:
    """Return a point in time, in UTC where it names no zone."""
    found = _parsed(text, _TIME, dt.datetime.fromisoformat)
    if found is None:
        raise node.fault(_("{text} is not a time such as 2020-01-31T12:00:00Z."), text=str(text)[:40])
    return found if found.tzinfo is not None else found.replace(tzinfo=dt.UTC)


def _parsed(text: Any, form: re.Pattern[str], parse: Callable[[str], _T]) -> _T | None:
    if not isinstance(text, str) or not form.fullmatch(text):
        return None
    try:
        return parse(text)
    except ValueError:
        return None


def is_date(text: Any) -> bool:
    """Tell whether a text is meant as a date, not as a point in time.

    Examples
    --------
    >>> is_date("2020-01-31"), is_date("2020-01-31T12:00:00Z")
    (True, False)
    """
    return isinstance(text, str) and _DATE.fullmatch(text) is not None


def require(node: Node, value: Typed, *kinds: Kind) -> Typed:
    """Return `value`, which must be of one of `kinds`."""
    if value.kind not in kinds:
        expected, found = KIND_WORDS[kinds[0]], KIND_WORDS[value.kind]
        raise node.fault(_("Here stands {found} where {expected} is needed."), found=found, expected=expected)
    return value
