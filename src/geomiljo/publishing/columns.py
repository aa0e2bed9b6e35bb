"""Columns as every outlet of a collection writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, cast, func

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import ColumnElement

    from geomiljo.publishing.collections import Property


def feature_id(parts: Iterable[ColumnElement[Any]]) -> ColumnElement[str]:
    """Return the published id of a feature: its parts, joined by full stops."""
    first, *more = parts
    return func.concat_ws(".", first, *more) if more else cast(first, Text)


def single_value(published: Property) -> ColumnElement[Any]:
    """Return a property for formats that have no lists: there they are texts with commas."""
    return func.array_to_string(published.column, ",") if published.kind == "array" else published.column
