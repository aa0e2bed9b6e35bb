"""What a filter means for a row, worked out in Python."""

from __future__ import annotations

import datetime as dt
import math
import operator
import re
import unicodedata
from fractions import Fraction
from typing import Any

import shapely
from publishing.cql2_author import COMPARISONS
from publishing.cql2_world import Row, Tree, Truth
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

_BY_NAME = {"Annat namn": "other", "geometry": "geom"}
_COMPARE = dict(
    zip(COMPARISONS, [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge], strict=True)
)


def meaning(node: Any, row: Row) -> Truth:
    """Return what a filter is for a row: true, false or unknown (None)."""
    if node.get("property") is not None:
        found: Truth = _value(node, row)
        return found
    op, args = node["op"], node["args"]
    if op in {"and", "or"}:
        return _logic(op, [meaning(arg, row) for arg in args])
    if op == "not":
        inner = meaning(args[0], row)
        return None if inner is None else not inner
    if op == "isNull":
        return _value(args[0], row) is None
    return _test(op, args, row)


def _logic(op: str, found: list[Truth]) -> Truth:
    decisive = op == "or"
    if decisive in found:
        return decisive
    return None if None in found else not decisive


def _test(op: str, args: list[Any], row: Row) -> Truth:
    if op.startswith("s_"):
        return _spatial(op, *(_drawn(arg, row) for arg in args))
    if op.startswith("t_"):
        return _temporal(op, *(_span(arg, row) for arg in args))
    if op == "in":
        return _logic("or", [_compared("=", args[0], item, row) for item in args[1]])
    if op == "between":
        return _logic("and", [_compared(">=", args[0], args[1], row), _compared("<=", args[0], args[2], row)])
    if op.startswith("a_"):
        return _arrays(op, _value(args[0], row), args[1])
    if op == "like":
        subject, pattern = _value(args[0], row), _value(args[1], row)
        return None if subject is None else re.fullmatch(_regex(pattern), subject, re.DOTALL) is not None
    return _compared(op, args[0], args[1], row)


def _compared(op: str, left: Any, right: Any, row: Row) -> Truth:
    first, second = _value(left, row), _value(right, row)
    return None if first is None or second is None else bool(_COMPARE[op](first, second))


def _value(node: Any, row: Row) -> Any:
    if not isinstance(node, dict):
        return Fraction(node) if isinstance(node, (int, float)) else node
    if "property" in node:
        name = str(node["property"])
        value = getattr(row, _BY_NAME.get(name, name))
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return Fraction(value) if is_number else value
    if "date" in node:
        return dt.date.fromisoformat(node["date"])
    if "timestamp" in node:
        return dt.datetime.fromisoformat(node["timestamp"])
    values = [_value(arg, row) for arg in node["args"]]
    return None if None in values else _function(node["op"], *values)


def _function(op: str, *values: Any) -> Any:
    if op == "casei":
        return values[0].lower()
    if op == "accenti":
        return "".join(c for c in unicodedata.normalize("NFD", values[0]) if not unicodedata.combining(c))
    left, right = values
    if op in {"/", "%", "div"}:
        if not right:
            return None
        whole = math.trunc(left / right)
        return {"/": left / right, "div": Fraction(whole), "%": left - right * whole}[op]
    return {"+": left + right, "-": left - right, "*": left * right}[op]


def _regex(pattern: str) -> str:
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    signs = {"%": ".*", "_": "."}
    return "".join(signs.get(part) or re.escape(part[-1]) for part in parts)


def _arrays(op: str, stored: list[Any] | None, wanted: list[Any]) -> Truth:
    if stored is None:
        return None
    mine, theirs = set(stored), set(wanted)
    return {
        "a_contains": theirs <= mine,
        "a_containedBy": mine <= theirs,
        "a_overlaps": bool(mine & theirs),
        "a_equals": mine == theirs,
    }[op]


def _drawn(node: Tree, row: Row) -> BaseGeometry | None:
    if "property" in node:
        return row.geom
    return shapely.transform(shape(node), lambda xy: xy[:, ::-1])


def _spatial(op: str, first: BaseGeometry | None, second: BaseGeometry | None) -> Truth:
    if first is None or second is None:
        return None
    return bool(getattr(shapely, op.removeprefix("s_"))(first, second))


_MIN, _MAX = dt.datetime.min.replace(tzinfo=dt.UTC), dt.datetime.max.replace(tzinfo=dt.UTC)
_Ends = tuple[dt.datetime | None, dt.datetime | None]


def _ends(value: Any) -> _Ends:
    """Return first and last moment: a date is its whole day."""
    if isinstance(value, dt.datetime) or value is None:
        return value, value
    start = dt.datetime.combine(value, dt.time(), dt.UTC)
    return start, start + dt.timedelta(days=1, microseconds=-1)


def _span(node: Tree, row: Row) -> tuple[Any, Any, bool]:
    """Return start, end and whether both are dates."""
    if "interval" not in node:
        value = _value(node, row)
        named_date = "date" in node or node.get("property") == "decided"
        return value, value, named_date
    values: list[Any] = []
    dated: list[bool] = []
    for end in node["interval"]:
        if end == "..":
            values.append("..")
            continue
        is_date = end == {"property": "decided"} or (isinstance(end, str) and "T" not in end)
        dated.append(is_date)
        parse = dt.date.fromisoformat if is_date else dt.datetime.fromisoformat
        values.append(parse(end) if isinstance(end, str) else _value(end, row))
    return values[0], values[1], all(dated)


def _temporal(op: str, first: tuple[Any, Any, bool], second: tuple[Any, Any, bool]) -> Truth:
    only_dates = first[2] and second[2]
    (a, b), (c, d) = (_unified(span, only_dates) for span in (first, second))

    def both(*tests: tuple[Any, Any, Any]) -> Truth:
        return _logic("and", [None if x is None or y is None else bool(test(x, y)) for test, x, y in tests])

    lt, gt, eq = operator.lt, operator.gt, operator.eq
    if op == "t_disjoint":
        return _logic("or", [both((lt, b, c)), both((gt, a, d))])
    return {
        "t_after": lambda: both((gt, a, d)),
        "t_before": lambda: both((lt, b, c)),
        "t_contains": lambda: both((lt, a, c), (gt, b, d)),
        "t_during": lambda: both((gt, a, c), (lt, b, d)),
        "t_equals": lambda: both((eq, a, c), (eq, b, d)),
        "t_finishedBy": lambda: both((lt, a, c), (eq, b, d)),
        "t_finishes": lambda: both((gt, a, c), (eq, b, d)),
        "t_intersects": lambda: both((operator.le, a, d), (operator.ge, b, c)),
        "t_meets": lambda: both((eq, b, c)),
        "t_metBy": lambda: both((eq, a, d)),
        "t_overlappedBy": lambda: both((gt, a, c), (lt, a, d), (gt, b, d)),
        "t_overlaps": lambda: both((lt, a, c), (gt, b, c), (lt, b, d)),
        "t_startedBy": lambda: both((eq, a, c), (gt, b, d)),
        "t_starts": lambda: both((eq, a, c), (lt, b, d)),
    }[op]()


def _unified(span: tuple[Any, Any, bool], only_dates: bool) -> tuple[Any, Any]:
    start, end, _dates = span
    first = _MIN if start == ".." else _ends(start)[0]
    last = _MAX if end == ".." else _ends(end)[0 if only_dates else 1]
    return first, last
