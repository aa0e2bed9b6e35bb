"""What a version's stored attributes are: their names and kinds, so that whoever reads them can rely on it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geomiljo.catalogue.layers import Layer


class StoredFields:
    """Name and kind of each stored attribute, with the first and last day of those that are dates.

    Declared attributes stand first, in the order of the register. A kind holds for every object: ``string``,
    ``integer``, ``number``, ``boolean``, ``date``, ``datetime``, ``timestamp`` without a zone, or ``mixed``.

    Examples
    --------
    >>> from geomiljo.catalogue import read_catalogue
    >>> fields = StoredFields(read_catalogue().layers["tuva"])
    >>> for day in ("2001-02-03", None):
    ...     fields.add(pa.table({"x": [1], "besokt": pa.array([day], pa.string())}), {"besoksdatum": "besokt"})
    >>> [(f["name"], f["kind"]) for f in fields.document()]
    [('besoksdatum', 'date'), ('x', 'integer')]
    """

    def __init__(self, layer: Layer) -> None:
        self._days = {a.name for a in layer.attributes if a.type == "date"}
        self._fields: dict[str, _Field] = {}

    def add(self, columns: pa.Table, matched: Mapping[str, str | None]) -> None:
        """Add the attributes of further objects.

        Parameters
        ----------
        matched : mapping of str to (str or None)
            Column of each declared attribute.
        """
        published = {column: name for name, column in matched.items() if column is not None}
        found = columns.column_names
        order = [*(c for c in published if c in found), *(c for c in found if c not in published)]
        for name, column in {published.get(column, column): column for column in order}.items():
            values = columns.column(column)
            if name not in self._fields:
                self._fields[name] = _Field(values.type, is_day=name in self._days and _is_text(values.type))
            self._fields[name].add(values)

    def document(self) -> list[dict[str, Any]]:
        """Return the fields as JSON has them."""
        return [{"name": name, **field.document()} for name, field in self._fields.items()]


@dataclass(slots=True)
class _Field:
    """A column. `is_day`: its texts are to be read as days, and all could so far."""

    type: pa.DataType
    is_day: bool
    first: Any = None
    last: Any = None

    def add(self, values: pa.ChunkedArray) -> None:
        if not self.is_day and _kind(self.type) not in {"date", "datetime", "timestamp"}:
            return
        known = [value for value in pc.unique(values).to_pylist() if value is not None]
        if self.is_day:
            try:
                known = [dt.date.fromisoformat(text) for text in known]
            except ValueError:
                self.is_day, self.first, self.last = False, None, None
                return
        if known:
            self.first = min(known) if self.first is None else min(self.first, *known)
            self.last = max(known) if self.last is None else max(self.last, *known)

    def document(self) -> dict[str, Any]:
        kind = "date" if self.is_day and self.first is not None else _kind(self.type)
        span = {} if self.first is None else {"first": self.first.isoformat(), "last": self.last.isoformat()}
        return {"kind": kind, **span}


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


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
    return "string" if _is_text(kind) else "mixed"
