"""Statements that read features: a page of them, one, or how many there are."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, and_, func, literal, or_, select, tuple_

from geomiljo.database.reading import Compiled, compiled, slot
from geomiljo.errors import InvalidQuery, NotFound
from geomiljo.publishing.conditions import value_of
from geomiljo.publishing.layers import active_version
from geomiljo.publishing.systems import CRS84, STORAGE, System
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import CTE, ColumnElement, Select, Subquery

    from geomiljo.publishing.collections import Collection, Property
    from geomiljo.publishing.places import Place

MOST_COUNTED = 10_000
"""Filtered features are counted so far; where there are more, their number is left out."""
_METRES_PER_PIXEL = 156_543.033_928_04
"""At zoom level 0 of Web Mercator; half as much for each level. Outlines may move by half a pixel."""


@dataclass(frozen=True, slots=True)
class Form:
    """How features are given.

    Attributes
    ----------
    system : System
    names : tuple of str or None
        Properties that are given; None: all.
    with_geometry : bool
    zoom : int or None
        Outlines are drawn for this zoom level; None: as they are.
    as_columns : bool
        Properties one by one, as Python has them, even where they are kept as a document.
    """

    system: System = CRS84
    names: tuple[str, ...] | None = None
    with_geometry: bool = True
    zoom: int | None = None
    as_columns: bool = False

    def properties(self, collection: Collection) -> tuple[Property, ...]:
        """Return the properties that are given."""
        return tuple(p for p in collection.properties if self.names is None or p.name in self.names)

    def is_document(self, collection: Collection) -> bool:
        """Return whether a row holds its properties as one JSON text."""
        return collection.document is not None and self.names is None and not self.as_columns

    @property
    def key(self) -> tuple[Any, ...]:
        """What tells forms apart."""
        return self.system.uri, self.names, self.with_geometry, self.zoom, self.as_columns


@dataclass(frozen=True, slots=True)
class Selection:
    """Which features are meant, and in what order.

    Attributes
    ----------
    collection : Collection
    conditions : tuple of ColumnElement
        Besides those of the collection.
    values : dict
        What the conditions bind.
    key : tuple or None
        Tells collection and conditions apart, so that a statement is compiled once; None: they are never alike.
    sort : tuple of (Property, bool)
        Properties to sort by, and whether downwards; the collection's key decides between equals.
    is_guarded : bool
        Nothing is found where the layer's version is no longer the active one.
    """

    collection: Collection
    conditions: tuple[ColumnElement[bool], ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    key: tuple[Any, ...] | None = None
    sort: tuple[tuple[Property, bool], ...] = ()
    is_guarded: bool = False

    @property
    def place_width(self) -> int:
        """How many columns at the beginning of a row tell its place."""
        return len(self.sort) + len(self.collection.key)


@dataclass(frozen=True, slots=True)
class _Cached:
    """A statement by what it depends on."""

    key: tuple[Any, ...]
    selection: Selection = field(compare=False)
    form: Form = field(compare=False)
    place: Place | None = field(default=None, compare=False)
    is_counted: bool = field(default=False, compare=False)


def page_statement(
    selection: Selection, form: Form, place: Place | None = None, *, is_counted: bool = False
) -> Compiled:
    """Return the statement of a page; it binds ``limit``, ``offset``, ``after_0`` … and what its conditions bind.

    A row holds its place (sorted properties and key), the parts of its id, its geometry as GeoJSON, and its properties.
    Only rows of the page are transformed and written out, however many are passed over.

    Parameters
    ----------
    is_counted : bool
        A row ends with how many features there are in all, to one more than :data:`MOST_COUNTED`: where there are so
        many, the page may be another than the first. Only for an unsorted page without a place.
    """
    is_before = place is not None and place.is_before
    sort = tuple((p.name, down) for p, down in selection.sort)
    key = (selection.key, selection.is_guarded, form.key, place is not None, is_before, sort, is_counted)
    wanted = _Cached(key, selection, form, place, is_counted)
    is_alike = selection.key is not None and not (selection.sort and place)
    return _cached_page(wanted) if is_alike else _page(wanted)


def item_statement(collection: Collection, form: Form, *, is_guarded: bool) -> Compiled:
    """Return the statement of one feature; it binds the parts of its id as ``id_0``, ``id_1`` and so on.

    Parameters
    ----------
    is_guarded : bool
        See :class:`Selection`.
    """
    key = None if collection.layer is None else (collection.id, collection.version)
    wanted = _Cached((key, form.key, is_guarded), Selection(collection, key=key, is_guarded=is_guarded), form)
    return _item(wanted) if key is None else _cached_item(wanted)


def _item(wanted: _Cached) -> Compiled:
    collection = wanted.selection.collection
    bound = (slot(f"id_{n}", column.type) for n, column in enumerate(collection.id_columns))
    conditions = tuple(column == value for column, value in zip(collection.id_columns, bound, strict=True))
    return _page(replace(wanted, selection=replace(wanted.selection, conditions=conditions)))


@lru_cache(maxsize=512)
def _cached_item(wanted: _Cached) -> Compiled:
    return _item(wanted)


def count_statement(selection: Selection) -> Compiled:
    """Return the statement that counts features, to one more than :data:`MOST_COUNTED`."""
    wanted = _Cached((selection.key,), selection, Form())
    return _cached_count(wanted) if selection.key is not None else _count(wanted)


def id_values(collection: Collection, text: str) -> dict[str, Any]:
    """Return the parts of a feature's id as :func:`item_statement` binds them.

    Raises
    ------
    NotFound
        No feature of the collection can have this id.
    """
    parts = text.split(".", len(collection.id_columns) - 1)
    try:
        pairs = zip(collection.id_columns, parts, strict=True)
        return {f"id_{n}": _key_value(column, part) for n, (column, part) in enumerate(pairs)}
    except (ValueError, OverflowError) as error:
        raise no_such_feature(collection, text) from error


def no_such_feature(collection: Collection, feature_id: str) -> NotFound:
    """Return the error that there is no such feature."""
    return NotFound(
        _("There is no feature {feature} in {collection}, or it is not open to you."),
        remedy=_("/ogc/collections/{collection}/items lists those that are."),
        feature=feature_id[:80],
        collection=collection.id,
    )


def place_values(selection: Selection, place: Place | None) -> dict[str, Any]:
    """Return the values of a place's key as :func:`page_statement` binds them.

    Raises
    ------
    InvalidQuery
        It is no place in this collection.
    """
    if place is None:
        return {}
    columns = selection.collection.key
    values = place.values[len(selection.sort) :]
    try:
        pairs = zip(columns, values, strict=True)
        return {f"after_{n}": _key_value(column, str(value)) for n, (column, value) in enumerate(pairs)}
    except (ValueError, OverflowError) as error:
        raise _foreign_place() from error


def _key_value(column: ColumnElement[Any], text: str) -> Any:
    kind = column.type.python_type
    value = uuid.UUID(text) if kind is uuid.UUID else kind(text)
    if isinstance(value, int) and abs(value) >= 1 << 31:
        raise OverflowError(text)
    return value


def _foreign_place() -> InvalidQuery:
    return InvalidQuery(
        _("The cursor does not belong to this list."),
        remedy=_("Take it unchanged from the page before, and ask with the same sort."),
        location="cursor",
    )


@lru_cache(maxsize=512)
def _cached_page(wanted: _Cached) -> Compiled:
    return _page(wanted)


@lru_cache(maxsize=512)
def _cached_count(wanted: _Cached) -> Compiled:
    return _count(wanted)


def _count(wanted: _Cached) -> Compiled:
    selection = wanted.selection
    found = select(literal(1)).select_from(selection.collection.source).where(*_conditions(selection))
    return compiled(select(func.count()).select_from(found.limit(MOST_COUNTED + 1).subquery()))


def _conditions(selection: Selection) -> tuple[ColumnElement[bool], ...]:
    collection = selection.collection
    guard = (active_version(literal(collection.layer)) == int(collection.version),) if selection.is_guarded else ()
    return *guard, collection.where, *selection.conditions


def _page(wanted: _Cached) -> Compiled:
    selection, form, place = wanted.selection, wanted.form, wanted.place
    collection = selection.collection
    is_before = place is not None and place.is_before
    order = [(p.column, down) for p, down in selection.sort] + [(column, False) for column in collection.key]
    columns: list[ColumnElement[Any]] = [column.label(f"place_{n}") for n, (column, _down) in enumerate(order)]
    columns += [column.label(f"id_{n}") for n, column in enumerate(collection.id_columns)]
    columns += [collection.geometry.label("shape")] if form.with_geometry else []
    if form.is_document(collection):
        columns.append(_document(collection))
    else:
        columns += [p.column.label(f"value_{n}") for n, p in enumerate(form.properties(collection))]
    chosen = select(*columns).select_from(collection.source)
    counted: list[ColumnElement[Any]] = []
    if wanted.is_counted:
        found, first = _counted(selection)
        chosen = chosen.where(collection.where, tuple_(*collection.key).in_(select(first)))
        counted.append(select(func.count()).select_from(found).scalar_subquery().label("matched"))
    else:
        chosen = chosen.where(*_conditions(selection))
        if place is not None:
            chosen = chosen.where(_beyond(selection, place))
        chosen = _part(chosen.order_by(*(_ordered(column, down != is_before) for column, down in order)))
    rows = chosen.subquery("page")
    given = [*(_given(column, form) for column in rows.c), *counted]
    again = [_ordered(rows.c[f"place_{n}"], down) for n, (_column, down) in enumerate(order)]
    return compiled(select(*given).select_from(rows).order_by(*again))


def _counted(selection: Selection) -> tuple[CTE, Subquery]:
    """Return the keys of what is found, to one more than is counted, and those of them that are on the page."""
    keys = select(*selection.collection.key).select_from(selection.collection.source).where(*_conditions(selection))
    found = keys.limit(MOST_COUNTED + 1).cte("found")
    return found, _part(select(found).order_by(*found.c)).subquery("first")


def _part(query: Select[Any]) -> Select[Any]:
    return query.limit(slot("limit", Integer())).offset(slot("offset", Integer()))


def _document(collection: Collection) -> ColumnElement[Any]:
    assert collection.document is not None  # noqa: S101 - asked before
    return collection.document.label("document")


def _given(column: ColumnElement[Any], form: Form) -> ColumnElement[Any]:
    if column.key == "shape":
        return _geojson(column, form)
    return func.text(column) if column.key == "document" else column


def _ordered(column: ColumnElement[Any], is_down: bool) -> ColumnElement[Any]:
    """Order by a column; what has no value stands last, or first where the order is turned."""
    return column.desc().nulls_last() if is_down else column.asc().nulls_last()


def _geojson(shape: ColumnElement[Any], form: Form) -> ColumnElement[Any]:
    """Return a geometry as GeoJSON: transformed, axes in the order of the authority, outer rings counter-clockwise."""
    system = form.system
    drawn: ColumnElement[Any] = shape
    if form.zoom is not None:
        drawn = func.ST_SimplifyPreserveTopology(drawn, _METRES_PER_PIXEL / 2**form.zoom / 2)
    if system.srid != STORAGE.srid:
        drawn = func.ST_Transform(drawn, system.srid)
    drawn = func.ST_FlipCoordinates(drawn) if system.is_flipped else func.ST_ForcePolygonCCW(drawn)
    return func.ST_AsGeoJSON(drawn, system.decimals, 0)


def _beyond(selection: Selection, place: Place) -> ColumnElement[bool]:
    """Return the condition that a row comes after a place, or before it."""
    columns = selection.collection.key
    bound = [slot(f"after_{n}", column.type) for n, column in enumerate(columns)]
    here, there = (tuple_(*columns), tuple_(*bound)) if len(columns) > 1 else (columns[0], bound[0])
    beyond: ColumnElement[bool] = here < there if place.is_before else here > there
    if not selection.sort:
        return beyond
    values = _sorted_values(selection, place)
    for (wanted, is_down), value in reversed(list(zip(selection.sort, values, strict=True))):
        column = wanted.column
        if value is None:
            beyond = and_(column.is_(None), beyond)
        else:
            further = or_(column < value if is_down else column > value, column.is_(None))
            beyond = or_(further, and_(column == value, beyond))
    return beyond


def _sorted_values(selection: Selection, place: Place) -> list[Any]:
    values = place.values[: len(selection.sort)]
    if len(place.values) != selection.place_width or place.is_before:
        raise _foreign_place()
    try:
        pairs = zip(selection.sort, values, strict=True)
        return [None if value is None else _sorted_value(p, value) for (p, _down), value in pairs]
    except InvalidQuery as error:
        raise _foreign_place() from error


def _sorted_value(wanted: Property, value: Any) -> ColumnElement[Any]:
    read = value if isinstance(value, bool) else value_of(wanted, str(value))
    return literal(read, wanted.column.type)
