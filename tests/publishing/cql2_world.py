"""A small table, random filters over it, and what they mean worked out in Python."""

from __future__ import annotations

import datetime as dt
import json
import math
import operator
import random
import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import shapely
import sqlalchemy as sa
from factories import EAST, NORTH
from geoalchemy2 import Geometry
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from geomiljo.publishing.filters import Field, Fields

Tree = dict[str, Any]
Truth = bool | None
_UTC = dt.UTC

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
    return dt.datetime(2020, 1, day, hour, tzinfo=_UTC)


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
        dt.datetime(2021, 6, 1, 1, tzinfo=_UTC),
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


# --- random filters ---------------------------------------------------------------------------------------------------

_TEXTS = [
    "Åkerö",
    "åkerö",
    "akero",
    "O'Brien",
    "100%",
    "",
    "back\\slash",
    "-- x",
    "é",
    'x"y',
    "a_b",
    "Ö",
    "; DROP TABLE x",
]
_PATTERNS = ["Å%", "%e%", "_kerö", "100\\%", "%\\\\%", "%'%", "", "%", "a\\_b", "É%", "%ö", "-- _"]
_NUMBERS = [0, 1, 2, -2, 2.25, 1.5, 5, 1e9, -0.5]
_DATES = ["2019-12-31", "2020-01-01", "2020-01-02", "2020-01-03", "2021-06-01"]
_TIMES = ["2020-01-01T00:00:00Z", "2020-01-02T12:00:00Z", "2020-01-03T01:00:00+01:00", "2020-01-03T23:59:59.999999Z"]
_TAGS = ["a", "b", "c", "å", "'"]
_COMPARISONS = ["=", "<>", "<", "<=", ">", ">="]
_SPATIAL = ["s_intersects", "s_disjoint", "s_contains", "s_within", "s_touches", "s_overlaps", "s_crosses", "s_equals"]
_ARRAYS = ["a_contains", "a_containedBy", "a_overlaps", "a_equals"]
_INSTANT_FUNCTIONS = ["t_after", "t_before", "t_disjoint", "t_equals", "t_intersects"]
_INTERVAL_FUNCTIONS = [
    *["t_contains", "t_during", "t_finishedBy", "t_finishes", "t_meets", "t_metBy", "t_overlappedBy", "t_overlaps"],
    *["t_startedBy", "t_starts"],
]


def _op(name: str, *args: Any) -> Tree:
    return {"op": name, "args": list(args)}


def _property(name: str) -> Tree:
    return {"property": name}


class Author:
    """Writes random filters."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - for tests

    def filter(self, depth: int = 2) -> Tree:
        """Return a filter with at most `depth` levels of logic."""
        pick = self.random.random()
        if depth and pick < 0.45:
            count = self.random.choice([2, 2, 3])
            return _op(self.random.choice(["and", "or"]), *(self.filter(depth - 1) for _ in range(count)))
        if depth and pick < 0.6:
            return _op("not", self.filter(depth - 1))
        return self._leaf()

    def _leaf(self) -> Tree:
        kinds = [self._comparison, self._between, self._in, self._like, self._null, self._spatial, self._temporal]
        return self.random.choice([*kinds, self._array, self._inside])()

    def _inside(self) -> Tree:
        return _property("inside")

    def _scalar(self, kind: str) -> Any:
        choose = self.random.choice
        if kind == "number":
            if self.random.random() < 0.2:
                return _op(choose(["+", "-", "*"]), self._scalar("number"), choose(_NUMBERS))
            if self.random.random() < 0.1:
                return _op(choose(["/", "%", "div"]), _property("area"), choose([0, 2, 4, -2]))
            return choose([_property("area"), _property("parts"), choose(_NUMBERS)])
        if kind == "text":
            value = choose([_property("namn"), _property("Annat namn"), choose(_TEXTS)])
            return self._folded(value)
        if kind == "date":
            return choose([_property("decided"), {"date": choose(_DATES)}])
        return choose([_property("seen"), {"timestamp": choose(_TIMES)}])

    def _folded(self, value: Any) -> Any:
        for function in ("casei", "accenti"):
            if self.random.random() < 0.2:
                value = _op(function, value)
        return value

    def _kind(self) -> str:
        return self.random.choice(["number", "text", "date", "timestamp"])

    def _comparison(self) -> Tree:
        kind = self._kind()
        return _op(self.random.choice(_COMPARISONS), self._scalar(kind), self._scalar(kind))

    def _between(self) -> Tree:
        kind = self._kind()
        return _op("between", *(self._scalar(kind) for _ in range(3)))

    def _in(self) -> Tree:
        kind = self._kind()
        return _op("in", self._scalar(kind), [self._scalar(kind) for _ in range(self.random.randint(1, 4))])

    def _like(self) -> Tree:
        pattern: Any = self.random.choice(_PATTERNS)
        return _op("like", self._scalar("text"), self._folded(pattern))

    def _null(self) -> Tree:
        return _op("isNull", _property(self.random.choice([*FIELDS.properties, "geometry"])))

    def _spatial(self) -> Tree:
        drawn = self.random.choice(PLAIN_GEOMETRIES)
        operands = [_property("geometry"), northing_first(drawn)]
        if self.random.random() < 0.2:
            operands.reverse()
        return _op(self.random.choice(_SPATIAL), *operands)

    def _temporal(self) -> Tree:
        if self.random.random() < 0.5:
            return _op(self.random.choice(_INSTANT_FUNCTIONS), self._moment(), self._moment())
        return _op(self.random.choice(_INTERVAL_FUNCTIONS), self._interval(), self._interval())

    def _moment(self) -> Tree:
        return self.random.choice([self._scalar("date"), self._scalar("timestamp"), self._interval()])

    def _interval(self) -> Tree:
        texts = self.random.choice([_DATES, sorted(_TIMES)])
        start, end = sorted(self.random.choices(range(len(texts)), k=2))
        ends: list[Any] = [texts[start], texts[end]]
        if self.random.random() < 0.4:
            ends[self.random.randint(0, 1)] = self.random.choice(["..", _property("decided"), _property("seen")])
        return {"interval": ends}

    def _array(self) -> Tree:
        name, values = self.random.choice([("tags", _TAGS), ("numbers", [1, 2, 3, 4])])
        chosen: list[Any] = self.random.choices(values, k=self.random.randint(1, 3))  # type: ignore[arg-type]
        return _op(self.random.choice(_ARRAYS), _property(name), chosen)


def northing_first(drawn: BaseGeometry) -> Tree:
    """Return a geometry in the axis order that the authority gives EPSG:3006."""
    flipped: Tree = json.loads(shapely.to_geojson(shapely.transform(drawn, lambda xy: xy[:, ::-1])))
    return flipped


# --- the same filter as text ------------------------------------------------------------------------------------------

_INFIX = {*_COMPARISONS, "+", "-", "*", "/", "%", "div"}


def as_text(node: Any) -> str:
    """Return CQL2 JSON as CQL2 text, with brackets wherever they are allowed."""
    if isinstance(node, list):
        return "(" + ", ".join(as_text(item) for item in node) + ")"
    if isinstance(node, bool):
        return str(node).lower()
    if isinstance(node, str):
        return "'" + node.replace("'", "''") + "'"
    if isinstance(node, (int, float)):
        return repr(node)
    return _operator_text(node) if "op" in node else _object_text(node)


def _operator_text(node: Tree) -> str:
    op = node["op"]
    args = [as_text(arg) for arg in node["args"]]
    if op in {"and", "or"}:
        return f" {op.upper()} ".join(f"({arg})" for arg in args)
    if op in _INFIX:
        return f"({args[0]}) {op} ({args[1]})" if isinstance(node["args"][0], dict) else f"{args[0]} {op} ({args[1]})"
    if op in {"like", "in"}:
        return f"{args[0]} {op.upper()} {args[1]}"
    special = {
        "not": "NOT ({0})",
        "between": "{0} BETWEEN {1} AND {2}",
        "isNull": "{0} IS NULL",
    }
    return str(special[op].format(*args)) if op in special else f"{op.upper()}({', '.join(args)})"


def _object_text(node: Tree) -> str:
    if "property" in node:
        return f'"{node["property"]}"'
    if "interval" in node:
        return "INTERVAL(" + ", ".join(as_text(end) for end in node["interval"]) + ")"
    if "date" in node:
        return f"DATE('{node['date']}')"
    if "timestamp" in node:
        return f"TIMESTAMP('{node['timestamp']}')"
    return str(shapely.to_wkt(shape(node), rounding_precision=-1))


# --- what it means ----------------------------------------------------------------------------------------------------

_BY_NAME = {"Annat namn": "other", "geometry": "geom"}
_COMPARE = dict(
    zip(_COMPARISONS, [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge], strict=True)
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


_MIN, _MAX = dt.datetime.min.replace(tzinfo=_UTC), dt.datetime.max.replace(tzinfo=_UTC)
_Ends = tuple[dt.datetime | None, dt.datetime | None]


def _ends(value: Any) -> _Ends:
    """Return first and last moment: a date is its whole day."""
    if isinstance(value, dt.datetime) or value is None:
        return value, value
    start = dt.datetime.combine(value, dt.time(), _UTC)
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
        is_date = end == _property("decided") or (isinstance(end, str) and "T" not in end)
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
