"""Translating a filter to SQL over an allow-list: values are bound, names are looked up, the rest is refused.

Truth is SQL's: a comparison with null is unknown, and rows of which the filter is unknown are left out.
"""

from __future__ import annotations

import operator
import unicodedata
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import array

from geomiljo.publishing.filters.fields import KIND_WORDS
from geomiljo.publishing.filters.spatial import SPATIAL, spatial
from geomiljo.publishing.filters.temporal import TEMPORAL, temporal
from geomiljo.publishing.filters.typed import Typed, literal, property_value, require
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement

    from geomiljo.publishing.filters.fields import Kind
    from geomiljo.publishing.filters.tree import Node
    from geomiljo.publishing.filters.typed import Scope

_COMPARE: dict[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ORDERED: tuple[Kind, ...] = ("number", "text", "date", "timestamp")
_ESCAPE = "\\"
_HIGHEST_POWER = 9
_ACCENTS = "[\u0300-\u036f]"
"""The combining marks that accents are when a letter is taken apart."""


def truth(node: Node, scope: Scope) -> ColumnElement[bool]:
    """Return a filter, or a part of one that is true or false, as SQL.

    Raises
    ------
    Fault
        It is neither true nor false, or uses what filters do not have.
    """
    return require(node, value(node, scope), "boolean").sql


def value(node: Node, scope: Scope) -> Typed:
    """Return any part of a filter as SQL of a known kind."""
    if node.member("property") is not None:
        return property_value(node, scope)
    name = node.op
    if name is not None:
        translate = _OPERATORS.get(name)
        if translate is None:
            raise node.fault(
                _("There is no operator or function {name}; there are {supported}."), name=name, supported=_NAMES
            )
        return translate(node, scope)
    found = literal(node)
    if found is None:
        raise node.fault(_("Here a property or a value is needed."))
    return found


def _boolean(translate: Callable[[Node, Scope], ColumnElement[bool]]) -> Callable[[Node, Scope], Typed]:
    return lambda node, scope: Typed("boolean", translate(node, scope))


def _and(node: Node, scope: Scope) -> ColumnElement[bool]:
    return sa.and_(*(truth(arg, scope) for arg in node.args(1, len(node.value["args"]))))


def _or(node: Node, scope: Scope) -> ColumnElement[bool]:
    return sa.or_(*(truth(arg, scope) for arg in node.args(1, len(node.value["args"]))))


def _not(node: Node, scope: Scope) -> ColumnElement[bool]:
    return sa.not_(truth(node.args(1)[0], scope))


def _compare(node: Node, scope: Scope) -> ColumnElement[bool]:
    left, right = node.args(2)
    first, second = value(left, scope), value(right, scope)
    _same_kind(right, first, second)
    if node.op in {"=", "<>"}:
        require(left, first, *_ORDERED, "boolean")
        return _COMPARE[str(node.op)](*_alike(first, second))
    require(left, first, *_ORDERED)
    return _COMPARE[str(node.op)](*_sortable(first, second))


def _same_kind(node: Node, first: Typed, second: Typed) -> None:
    if first.kind != second.kind:
        left, right = KIND_WORDS[first.kind], KIND_WORDS[second.kind]
        raise node.fault(_("In the filter, {left} cannot be compared with {right}."), left=left, right=right)


def _alike(*values: Typed) -> list[ColumnElement[Any]]:
    """Make all decimals where one is: as floating point, what was reckoned could be out of range."""
    if any(type(v.sql.type) is sa.Numeric for v in values):
        return [_decimal(v) for v in values]
    return [v.sql for v in values]


def _sortable(*values: Typed) -> list[ColumnElement[Any]]:
    """Put texts in the order of their characters, whatever the database's own order is."""
    if values[0].kind == "text":
        return [sa.collate(v.sql, "C") for v in values]
    return _alike(*values)


def _decimal(number: Typed) -> ColumnElement[Any]:
    return number.sql if type(number.sql.type) is sa.Numeric else sa.cast(number.sql, sa.Numeric)


def _between(node: Node, scope: Scope) -> ColumnElement[bool]:
    subject, low, high = node.args(3)
    typed = require(subject, value(subject, scope), *_ORDERED)
    bounds = [value(bound, scope) for bound in (low, high)]
    for bound, found in zip((low, high), bounds, strict=True):
        _same_kind(bound, typed, found)
    middle, lowest, highest = _sortable(typed, *bounds)
    return sa.and_(middle >= lowest, middle <= highest)  # BETWEEN takes no COLLATE


def _in(node: Node, scope: Scope) -> ColumnElement[bool]:
    subject, listed = node.args(2)
    typed = require(subject, value(subject, scope), *_ORDERED, "boolean")
    if not isinstance(listed.value, list) or not listed.value:
        raise listed.fault(_("IN needs a list of values."))
    choices = []
    for item in listed.items(listed.value, ""):
        choice = value(item, scope)
        _same_kind(item, typed, choice)
        choices.append(choice)
    sought, *among = _alike(typed, *choices)
    return sought.in_(among)


def _like(node: Node, scope: Scope) -> ColumnElement[bool]:
    subject, pattern = node.args(2)
    typed = require(subject, value(subject, scope), "text")
    wanted = require(pattern, value(pattern, scope), "text")
    _check_pattern(pattern)
    return typed.sql.like(wanted.sql, escape=_ESCAPE)


def _check_pattern(node: Node) -> None:
    """Require a literal, in CASEI or ACCENTI maybe, with nothing left to escape at its end."""
    inner = node
    while inner.op in {"casei", "accenti"}:
        inner = inner.args(1)[0]
    if not isinstance(inner.value, str):
        raise node.fault(_("The pattern of LIKE is a text in apostrophes."))
    bare = without_accents(inner.value)
    if (len(bare) - len(bare.rstrip(_ESCAPE))) % 2:
        raise inner.fault(_("The pattern ends with \\, which stands before a character that is meant literally."))


def _is_null(node: Node, scope: Scope) -> ColumnElement[bool]:
    return value(node.args(1)[0], scope).sql.is_(None)


def _casei(node: Node, scope: Scope) -> Typed:
    text = _text_operand(node, scope)
    return Typed("text", sa.func.lower(sa.collate(text, "und-x-icu"), type_=sa.Text))


def _accenti(node: Node, scope: Scope) -> Typed:
    apart = sa.func.normalize(_text_operand(node, scope), sa.literal_column("NFD"), type_=sa.Text)
    return Typed("text", sa.func.regexp_replace(apart, _ACCENTS, "", "g", type_=sa.Text))


def _text_operand(node: Node, scope: Scope) -> ColumnElement[Any]:
    operand = node.args(1)[0]
    return require(operand, value(operand, scope), "text").sql


def without_accents(text: str) -> str:
    """Return what ACCENTI makes of a text.

    Examples
    --------
    >>> without_accents("Åkerö idé")
    'Akero ide'
    """
    return "".join(c for c in unicodedata.normalize("NFD", text) if not "\u0300" <= c <= "\u036f")


def _reckon(node: Node, scope: Scope) -> Typed:
    """Arithmetic in decimals, which cannot overflow at this depth; division by zero is null."""
    left, right = (_decimal(require(arg, value(arg, scope), "number")) for arg in node.args(2))
    return Typed("number", sa.type_coerce(_ARITHMETIC[str(node.op)](left, right), sa.Numeric))


def _power(node: Node, scope: Scope) -> Typed:
    """Raise to a small power, and no power of a product: decimals would grow to thousands of digits."""
    base, exponent = node.args(2)
    if exponent.value not in range(_HIGHEST_POWER + 1) or _has_product(base.value):
        message = _("^ takes a property, a number or a sum, and a whole number from 0 to {highest}.")
        raise node.fault(message, highest=_HIGHEST_POWER)
    number = _decimal(require(base, value(base, scope), "number"))
    return Typed("number", sa.func.power(number, int(exponent.value), type_=sa.Numeric))


def _has_product(tree: Any) -> bool:
    if not isinstance(tree, dict) or "op" not in tree:
        return False
    return tree["op"] not in {"+", "-"} or any(map(_has_product, tree["args"]))


_ARITHMETIC: dict[str, Callable[[Any, Any], ColumnElement[Any]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda left, right: left / sa.func.nullif(right, 0),
    "%": lambda left, right: sa.func.mod(left, sa.func.nullif(right, 0)),
    "div": lambda left, right: sa.func.div(left, sa.func.nullif(right, 0)),
}


def _array(node: Node, scope: Scope) -> ColumnElement[bool]:
    nodes = node.args(2)
    kind = next((v.kind for v in (_property_or_none(n, scope) for n in nodes) if v is not None), None)
    if kind not in {"texts", "numbers"}:
        raise node.fault(_("{operator} needs a property that is a list."), operator=str(node.op).upper())
    stored = sa.ARRAY(sa.Text if kind == "texts" else sa.Double)
    first, second = (sa.cast(_list(n, scope, kind), stored) for n in nodes)
    tests = [first.bool_op(sign)(second) for sign in _ARRAYS[str(node.op)]]
    return sa.and_(*tests)


_ARRAYS: dict[str, tuple[str, ...]] = {
    "a_contains": ("@>",),
    "a_containedby": ("<@",),
    "a_overlaps": ("&&",),
    "a_equals": ("@>", "<@"),  # as sets
}


def _property_or_none(node: Node, scope: Scope) -> Typed | None:
    return property_value(node, scope) if node.member("property") is not None else None


def _list(node: Node, scope: Scope, kind: Kind) -> ColumnElement[Any]:
    if not isinstance(node.value, list):
        return require(node, value(node, scope), kind).sql
    item_kind: Kind = "text" if kind == "texts" else "number"
    items = [require(item, _item(item, scope), item_kind).sql for item in node.items(node.value, "")]
    return array(items)


def _item(node: Node, scope: Scope) -> Typed:
    found = _property_or_none(node, scope) or literal(node)
    if found is None:
        raise node.fault(_("A list holds values and properties."))
    return found


_OPERATORS: dict[str, Callable[[Node, Scope], Typed]] = {
    "and": _boolean(_and),
    "or": _boolean(_or),
    "not": _boolean(_not),
    **dict.fromkeys(_COMPARE, _boolean(_compare)),
    "between": _boolean(_between),
    "in": _boolean(_in),
    "like": _boolean(_like),
    "isnull": _boolean(_is_null),
    "casei": _casei,
    "accenti": _accenti,
    **dict.fromkeys(_ARITHMETIC, _reckon),
    "^": _power,
    **dict.fromkeys(SPATIAL, _boolean(spatial)),
    **dict.fromkeys([*TEMPORAL, "t_disjoint"], _boolean(temporal)),
    **dict.fromkeys(_ARRAYS, _boolean(_array)),
}
_NAMES = ", ".join(sorted(name.upper() for name in _OPERATORS))
