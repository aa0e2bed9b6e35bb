"""What a version's stored attributes are: their names and kinds, so that whoever reads them can rely on it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from geomiljo.catalogue.layers import Layer


def stored_fields(
    layer: Layer, columns: pa.Table, rows: NDArray[np.intp], matched: Mapping[str, str | None]
) -> list[dict[str, Any]]:
    """Return name and kind of each stored attribute, with the first and last day of those that are dates.

    Declared attributes stand first, in the order of the register. A kind holds for every object: ``string``,
    ``integer``, ``number``, ``boolean``, ``date``, ``datetime``, ``timestamp`` without a zone, or ``mixed``.

    Parameters
    ----------
    matched : mapping of str to (str or None)
        Column of each declared attribute.

    Examples
    --------
    >>> import numpy as np
    >>> from geomiljo.catalogue import read_catalogue
    >>> meadows = read_catalogue().layers["tuva"]
    >>> table = pa.table({"x": [1, None], "besokt": ["2001-02-03", None]})
    >>> found = stored_fields(meadows, table, np.arange(2), {"besoksdatum": "besokt"})
    >>> [(f["name"], f["kind"]) for f in found]
    [('besoksdatum', 'date'), ('x', 'integer')]
    """
    declared = {a.name: a.type for a in layer.attributes}
    published = {column: name for name, column in matched.items() if column is not None}
    found = columns.column_names
    order = [*(c for c in published if c in found), *(c for c in found if c not in published)]
    chosen = columns.take(rows) if found else columns
    fields = [_field(published.get(c, c), chosen.column(c), declared.get(published.get(c, ""))) for c in order]
    return list({field["name"]: field for field in fields}.values())


def _field(name: str, values: pa.ChunkedArray, declared: str | None) -> dict[str, Any]:
    if declared == "date" and pa.types.is_string(values.type) | pa.types.is_large_string(values.type):
        days = _days(values)
        if days is not None:
            return {"name": name, "kind": "date", **_span(days)}
    kind = _kind(values.type)
    return {"name": name, "kind": kind, **(_span(values) if kind in {"date", "datetime", "timestamp"} else {})}


def _kind(kind: pa.DataType) -> str:
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_integer(kind):
        return "integer"
    if pa.types.is_floating(kind):
        return "number"
    if pa.types.is_date(kind):
        return "date"
    if pa.types.is_timestamp(kind):
        return "timestamp" if kind.tz is None else "datetime"
    return "string" if pa.types.is_string(kind) or pa.types.is_large_string(kind) else "mixed"


def _days(texts: pa.ChunkedArray) -> list[dt.date] | None:
    """Return the days that texts name; None where one of them is no day, or there is none."""
    try:
        days = [dt.date.fromisoformat(text) for text in pc.unique(texts).to_pylist() if text is not None]
    except ValueError:
        return None
    return days or None


def _span(values: pa.ChunkedArray | list[dt.date]) -> dict[str, Any]:
    known = [value for value in (values if isinstance(values, list) else pc.unique(values).to_pylist()) if value]
    return {"first": min(known).isoformat(), "last": max(known).isoformat()} if known else {}
