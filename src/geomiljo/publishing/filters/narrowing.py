"""What a filter asks of equal values, for the index over whole documents of attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import String, cast, literal
from sqlalchemy.dialects.postgresql import JSONB

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import ColumnElement

    from geomiljo.publishing.filters.fields import Fields, Kind

_HELD_AS: Mapping[Kind, tuple[type, ...]] = {"text": (str,), "number": (int, float), "boolean": (bool,)}
_WHOLE = 2.0**53
"""From here on, numbers of JSON and of SQL need not agree."""


def narrowing(tree: Any, fields: Fields) -> Iterator[ColumnElement[bool]]:
    """Yield conditions that hold wherever a filter does, and that an index answers.

    Only equal values that every feature must have are looked at; the filter's own test still decides.

    Parameters
    ----------
    tree : Any
        The filter as CQL2 JSON, translated before: it is sound.
    """
    if not isinstance(tree, dict):
        return
    if tree.get("op") == "and":
        for argument in tree["args"]:
            yield from narrowing(argument, fields)
    elif tree.get("op") == "=":
        one, other = tree["args"]
        yield from _held(one, other, fields)
        yield from _held(other, one, fields)


def _held(one: Any, value: Any, fields: Fields) -> Iterator[ColumnElement[bool]]:
    name = one.get("property") if isinstance(one, dict) else None
    field = fields.properties.get(name) if name is not None else None
    if name is None or field is None or field.document is None or type(value) not in _HELD_AS.get(field.kind, ()):
        return
    if field.kind != "number" or abs(value) < _WHOLE:
        document = literal(orjson.dumps({name: value}).decode(), String())
        yield field.document.contains(cast(document, JSONB))
