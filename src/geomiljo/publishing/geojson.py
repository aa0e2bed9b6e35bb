"""Rows as GeoJSON features, written as they arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from geomiljo.publishing.places import Place

if TYPE_CHECKING:
    from geomiljo.publishing.collections import Collection
    from geomiljo.publishing.items import Form, Selection

Row = tuple[Any, ...]


class FeatureWriter:
    """Writes rows of :func:`geomiljo.publishing.items.page_statement` as features."""

    def __init__(self, selection: Selection, form: Form) -> None:
        collection = selection.collection
        self._selection = selection
        self._ids = slice(selection.place_width, selection.place_width + len(collection.id_columns))
        self._geometry = self._ids.stop if form.with_geometry else None
        self._properties = self._ids.stop + form.with_geometry
        self._is_document = form.is_document(collection)
        self._names = tuple(p.name for p in form.properties(collection))

    def id_of(self, row: Row) -> str:
        """Return the feature's published id."""
        return ".".join(map(str, row[self._ids]))

    def geometry_of(self, row: Row) -> str:
        """Return the geometry as JSON."""
        return "null" if self._geometry is None or row[self._geometry] is None else row[self._geometry]

    def properties_of(self, row: Row) -> dict[str, Any]:
        """Return the properties by name."""
        if self._is_document:
            document: dict[str, Any] = orjson.loads(row[self._properties])
            return document
        return dict(zip(self._names, row[self._properties :], strict=True))

    def feature(self, row: Row, more: str = "") -> str:
        """Return the feature as JSON.

        Parameters
        ----------
        more : str
            Further members, as JSON with a comma before them.
        """
        number = orjson.dumps(self.id_of(row)).decode()
        properties = (
            row[self._properties] if self._is_document else orjson.dumps(self.properties_of(row), default=str).decode()
        )
        geometry = self.geometry_of(row)
        return f'{{"type":"Feature","id":{number},"geometry":{geometry},"properties":{properties}{more}}}'

    def place_of(self, row: Row, *, order: str, matched: int | None, is_before: bool = False) -> Place:
        """Return the row's place in the list."""
        collection: Collection = self._selection.collection
        version = collection.version if collection.layer is not None else ""
        return Place(version, order, tuple(row[: self._selection.place_width]), matched, is_before)
