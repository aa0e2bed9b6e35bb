"""Random filters in CQL2 JSON, and the same as text."""

from __future__ import annotations

import json
import random
from typing import Any

import shapely
from publishing.cql2_world import FIELDS, PLAIN_GEOMETRIES, Tree
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

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
COMPARISONS = ["=", "<>", "<", "<=", ">", ">="]
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
        return _op(self.random.choice(COMPARISONS), self._scalar(kind), self._scalar(kind))

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


_INFIX = {*COMPARISONS, "+", "-", "*", "/", "%", "div"}


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
