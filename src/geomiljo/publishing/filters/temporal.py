"""Temporal functions: instants and intervals by their ends.

A date among points in time is its whole day in UTC; an end written ``..`` lies at infinity.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from geomiljo.publishing.filters.typed import Typed, date, is_date, literal, moment, property_value, require
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement

    from geomiljo.publishing.filters.tree import Node
    from geomiljo.publishing.filters.typed import Scope

    _Test = Callable[[Any, Any], ColumnElement[bool]]

_START, _END = 0, 1
_lt, _gt, _eq = operator.lt, operator.gt, operator.eq
TEMPORAL: dict[str, tuple[tuple[_Test, int, int], ...]] = {
    "t_after": ((_gt, _START, _END),),
    "t_before": ((_lt, _END, _START),),
    "t_contains": ((_lt, _START, _START), (_gt, _END, _END)),
    "t_during": ((_gt, _START, _START), (_lt, _END, _END)),
    "t_equals": ((_eq, _START, _START), (_eq, _END, _END)),
    "t_finishedby": ((_lt, _START, _START), (_eq, _END, _END)),
    "t_finishes": ((_gt, _START, _START), (_eq, _END, _END)),
    "t_intersects": ((operator.le, _START, _END), (operator.ge, _END, _START)),
    "t_meets": ((_eq, _END, _START),),
    "t_metby": ((_eq, _START, _END),),
    "t_overlappedby": ((_gt, _START, _START), (_lt, _START, _END), (_gt, _END, _END)),
    "t_overlaps": ((_lt, _START, _START), (_gt, _END, _START), (_lt, _END, _END)),
    "t_startedby": ((_eq, _START, _START), (_gt, _END, _END)),
    "t_starts": ((_eq, _START, _START), (_lt, _END, _END)),
}
"""What must hold: a comparison, which end of the first span, which end of the second."""
_INFINITE: tuple[str, str] = ("-infinity", "infinity")
_LAST_OF_DAY: ColumnElement[Any] = sa.literal_column("INTERVAL '1 day - 1 microsecond'")


@dataclass(frozen=True, slots=True)
class _Span:
    start: ColumnElement[Any]
    end: ColumnElement[Any]
    kind: str

    def in_moments(self) -> _Span:
        if self.kind == "timestamp":
            return self
        return _Span(_midnight(self.start), _midnight(self.end) + _LAST_OF_DAY, "timestamp")


def _midnight(day: ColumnElement[Any]) -> ColumnElement[Any]:
    return sa.func.timezone("UTC", sa.cast(day, sa.DateTime(timezone=False)))


def temporal(node: Node, scope: Scope) -> ColumnElement[bool]:
    """Return a temporal function as SQL."""
    first, second = (_span(arg, scope) for arg in node.args(2))
    if first.kind != second.kind:
        first, second = first.in_moments(), second.in_moments()
    ends = (first.start, first.end), (second.start, second.end)
    if node.op == "t_disjoint":
        return sa.or_(ends[0][_END] < ends[1][_START], ends[0][_START] > ends[1][_END])
    return sa.and_(*(test(ends[0][mine], ends[1][theirs]) for test, mine, theirs in TEMPORAL[str(node.op)]))


def _span(node: Node, scope: Scope) -> _Span:
    interval = node.member("interval")
    if interval is not None:
        return _interval(node, interval, scope)
    value = property_value(node, scope) if node.member("property") is not None else literal(node)
    if value is None:
        raise node.fault(_("Here a property, DATE, TIMESTAMP or INTERVAL is needed."))
    require(node, value, "date", "timestamp")
    return _Span(value.sql, value.sql, value.kind)


def _interval(node: Node, ends: Any, scope: Scope) -> _Span:
    if not isinstance(ends, list) or len(ends) != 2:
        raise node.fault(_("An INTERVAL has a start and an end."))
    start, end = (_end(child, scope) for child in node.items(ends, "/interval"))
    known = [value for value in (start, end) if value is not None]
    kind = "timestamp" if any(value.kind == "timestamp" for value in known) else "date"
    spans = [
        _Span(value.sql, value.sql, value.kind) if value is not None else _unbounded(kind, side)
        for side, value in enumerate((start, end))
    ]
    if any(span.kind != kind for span in spans):
        spans = [span.in_moments() for span in spans]
    _in_order(node, ends)
    return _Span(spans[0].start, spans[1].end, kind)


def _unbounded(kind: str, side: int) -> _Span:
    type_ = "date" if kind == "date" else "timestamptz"
    end: ColumnElement[Any] = sa.literal_column(f"CAST('{_INFINITE[side]}' AS {type_})")
    return _Span(end, end, kind)


def _end(node: Node, scope: Scope) -> Typed | None:
    if node.value == "..":
        return None
    if isinstance(node.value, str):
        if is_date(node.value):
            return Typed("date", sa.literal(date(node, node.value), sa.Date))
        return Typed("timestamp", sa.literal(moment(node, node.value), sa.DateTime(timezone=True)))
    value = property_value(node, scope) if node.member("property") is not None else literal(node)
    if value is None:
        raise node.fault(_("An end of an INTERVAL is a date, a time, a property or '..'."))
    return require(node, value, "date", "timestamp")


def _in_order(node: Node, ends: list[Any]) -> None:
    texts = [end for end in ends if isinstance(end, str) and end != ".."]
    if len(texts) == 2 and is_date(texts[0]) == is_date(texts[1]):
        parse = date if is_date(texts[0]) else moment
        if parse(node, texts[0]) > parse(node, texts[1]):
            raise node.fault(_("The INTERVAL ends before it starts."))
