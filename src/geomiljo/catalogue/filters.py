"""Class filters: CQL2 text evaluated over the columns of a layer when it is loaded.

`cql2` parses; this module evaluates the small part of the language that filters use, with SQL's three-valued logic:
a comparison with null is unknown, NOT unknown is unknown, and what is unknown at the end is false.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cql2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": np.equal,
    "<>": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}
_OPERATORS = {*_COMPARE, "and", "or", "not", "like", "in", "between", "isNull"}


class FilterError(ValueError):
    """The filter is no CQL2, or uses more of it than filters may."""


@dataclass(frozen=True, slots=True)
class Column:
    """Values of one attribute with their nulls; values under a null are meaningless."""

    values: NDArray[Any]
    null: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Truth:
    """Three-valued truth: where `known` is false, `true` is false too."""

    true: NDArray[np.bool_]
    known: NDArray[np.bool_]


def parse_filter(text: str) -> Any:
    """Return the filter as CQL2 JSON.

    Raises
    ------
    FilterError
        When `text` is not CQL2 or uses an operator that filters do not have.

    Examples
    --------
    >>> parse_filter("niva <= 1.0")
    {'op': '<=', 'args': [{'property': 'niva'}, 1.0]}
    """
    try:
        tree = json.loads(json.dumps(cql2.parse_text(text).to_json()))
    except (cql2.ParseError, cql2.ValidationError, ValueError) as error:
        raise FilterError(f"not CQL2: {text}: {error}") from error
    _allow_only_known(tree, text)
    return tree


def _allow_only_known(tree: Any, text: str) -> None:
    if isinstance(tree, list):
        for item in tree:
            _allow_only_known(item, text)
    elif isinstance(tree, dict) and "op" in tree:
        if tree["op"] not in _OPERATORS:
            raise FilterError(f"operator {tree['op']} is not one of {', '.join(sorted(_OPERATORS))}: {text}")
        _allow_only_known(tree["args"], text)
    elif isinstance(tree, dict) and set(tree) != {"property"}:
        raise FilterError(f"only properties and literal values may be compared: {text}")


def filter_properties(tree: Any) -> frozenset[str]:
    """Return the attribute names that a parsed filter reads.

    Examples
    --------
    >>> sorted(filter_properties(parse_filter('"a.b" > 1 OR c IS NULL')))
    ['a.b', 'c']
    """
    if isinstance(tree, list):
        return frozenset().union(*map(filter_properties, tree)) if tree else frozenset()
    if isinstance(tree, dict):
        return frozenset({tree["property"]}) if "property" in tree else filter_properties(tree["args"])
    return frozenset()


def evaluate(tree: Any, columns: Mapping[str, Column], rows: int) -> NDArray[np.bool_]:
    """Return which of `rows` rows a parsed filter takes.

    Parameters
    ----------
    tree : CQL2 JSON
        From :func:`parse_filter`.
    columns : mapping of attribute name to Column
        Every attribute that the filter reads, cast to its declared type.

    Examples
    --------
    >>> values = Column(np.array([0.5, 2.0, 0.0]), np.array([False, False, True]))
    >>> evaluate(parse_filter("NOT niva > 1"), {"niva": values}, 3).tolist()
    [True, False, False]
    """
    truth = _truth(tree, columns, rows)
    return truth.true & truth.known


def _truth(tree: Any, columns: Mapping[str, Column], rows: int) -> _Truth:
    operator, args = tree["op"], tree["args"]
    if operator in {"and", "or"}:
        return _combine(operator, [_truth(arg, columns, rows) for arg in args])
    if operator == "not":
        inner = _truth(args[0], columns, rows)
        return _Truth(inner.known & ~inner.true, inner.known)
    subject = _operand(args[0], columns, rows)
    if operator == "isNull":
        return _Truth(subject.null, np.ones(rows, dtype=bool))
    if operator == "in":
        hit = np.isin(subject.values, _like_column(args[1], subject))
        return _Truth(hit & ~subject.null, ~subject.null)
    if operator == "like":
        pattern = _like_pattern(args[1])
        hit = np.fromiter((bool(pattern.fullmatch(str(v))) for v in subject.values), dtype=bool, count=rows)
        return _Truth(hit & ~subject.null, ~subject.null)
    if operator == "between":
        return _combine("and", [_compare(">=", subject, args[1]), _compare("<=", subject, args[2])])
    return _compare(operator, subject, args[1])


def _operand(arg: Any, columns: Mapping[str, Column], rows: int) -> Column:
    if not isinstance(arg, dict):
        raise FilterError("the left side of a comparison must be a property")
    column = columns[arg["property"]]
    if len(column.values) != rows:
        raise ValueError("columns of different length")
    return column


def _compare(operator: str, subject: Column, literal: Any) -> _Truth:
    known = ~subject.null
    result = np.zeros(len(known), dtype=bool)
    result[known] = _COMPARE[operator](subject.values[known], _like_column([literal], subject)[0])
    return _Truth(result, known)


def _like_column(literals: list[Any], subject: Column) -> list[Any]:
    """Cast literals to the column's type: ``KLASS IN (1, 2)`` works on text and on numbers."""
    if subject.values.dtype.kind in "fiu":
        return [float(value) for value in literals]
    if subject.values.dtype.kind == "b":
        return [value if isinstance(value, bool) else str(value).lower() in {"1", "1.0", "true"} for value in literals]
    return [f"{value:g}" if isinstance(value, float) else str(value) for value in literals]


def _like_pattern(pattern: str) -> re.Pattern[str]:
    escaped = "".join(".*" if c == "%" else "." if c == "_" else re.escape(c) for c in pattern)
    return re.compile(escaped, re.DOTALL)


def _combine(operator: str, truths: list[_Truth]) -> _Truth:
    """Kleene's AND and OR."""
    result = truths[0]
    for other in truths[1:]:
        if operator == "and":
            false = (result.known & ~result.true) | (other.known & ~other.true)
            true = result.true & other.true
        else:
            true = result.true | other.true
            false = (result.known & ~result.true) & (other.known & ~other.true)
        result = _Truth(true, true | false)
    return result
