"""Vector tiles of a collection: which features, how much of them, and what is left out where there are too many.

The tile's bounds go into the plane of the features, so that their index is used; features go into the plane of the tile
only where it is another one, simplified to half a unit. Large objects are cut to the tile's surroundings first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Double, Integer, String, case, cast, func, literal, select

from geomiljo.catalogue.rules import SEVERITIES
from geomiljo.database.reading import compiled, slot
from geomiljo.database.tables import SRID, Feature
from geomiljo.publishing.columns import feature_id, single_value
from geomiljo.publishing.grids import BUFFER, EXTENT

if TYPE_CHECKING:
    from collections.abc import Hashable

    from sqlalchemy import ColumnElement, Select, Subquery

    from geomiljo.catalogue.layers import Layer
    from geomiljo.database.reading import Compiled, Session
    from geomiljo.publishing.collections import Collection, Property
    from geomiljo.publishing.grids import Tile

ID, CLASS = "gm_id", "gm_class"
"""Properties that every tile has beside those of the collection: the feature's id, and a layer object's class."""
_LARGE_BYTES = 800
"""Stored size from which an object is cut before anything else: some fifty vertices."""
_EDGE_PARTS = 8
"""Parts that an edge of the tile is divided into before it goes into another plane."""
_SURROUNDINGS = 1 / 16
"""Share of the tile's side that large objects are kept of around it, so that no cut edge comes into it."""
_SRID = slot("srid", Integer())
_BOUNDS = ("xmin", "ymin", "xmax", "ymax")
_SURROUNDINGS_SLOTS = ("west", "south", "east", "north")
_SCATTER, _SCATTERED = 2_654_435_761, 4_294_967_296
"""Knuth's multiplicative hash: objects of the same size are left out evenly, not by their order in the file."""


@dataclass(frozen=True, slots=True)
class TileContent:
    """A tile.

    Attributes
    ----------
    data : bytes
        Mapbox Vector Tile with one layer, named like the collection; nothing where there is no feature.
    is_complete : bool
        False: the tile is full, so that features of less weight may be missing.
    """

    data: bytes
    is_complete: bool


@dataclass(frozen=True, slots=True)
class _Asked:
    """A collection, known to the cache of statements by what decides its own."""

    key: tuple[Hashable, ...]
    collection: Collection = field(compare=False)
    layer: Layer | None = field(compare=False)


async def tile_content(
    session: Session, collection: Collection, layer: Layer | None, tile: Tile, most_features: int
) -> TileContent:
    """Return a tile of a collection.

    Parameters
    ----------
    layer : Layer or None
        The layer of the registers that the collection is.
    most_features : int
        Features that the tile may hold. Findings are kept by severity, then everything by size: the smallest go first.
    """
    key = (collection.id, collection.version, layer and layer.class_ids)
    statement = _statement(_Asked(key, collection, layer))
    xmin, ymin, xmax, ymax = tile.bounds
    asked = {"xmin": xmin, "ymin": ymin, "xmax": xmax, "ymax": ymax, "srid": tile.srid, "most": most_features}
    asked |= dict(zip(_SURROUNDINGS_SLOTS, tile.surroundings, strict=True))
    [(data, candidates, features)] = await session.rows(statement, {**asked, "unit": tile.unit}, binary=True)
    return TileContent(data if features else b"", candidates < most_features)


@lru_cache(maxsize=256)
def _statement(asked: _Asked) -> Compiled:
    """Return the statement of a collection's tiles."""
    candidates = _candidates(asked.collection, asked.layer).subquery("candidates")
    shapes = select(
        *(column for column in candidates.c if column.name != "geom"),
        func.ST_AsMVTGeom(_in_plane(candidates), _box(*_BOUNDS), EXTENT, BUFFER, True).label("geom"),
    )
    drawn = shapes.offset(0).subquery("drawn")  # a fence: without it each geometry is worked out twice
    tile = select(
        func.ST_AsMVT(drawn.table_valued(), asked.collection.id, EXTENT, "geom").label("data"),
        func.count().label("candidates"),
        func.count(drawn.c.geom).label("features"),
    ).select_from(drawn)
    return compiled(tile)


def _candidates(collection: Collection, layer: Layer | None) -> Select[Any]:
    """Select the features whose boxes meet the tile's, the weightiest first."""
    names: list[ColumnElement[Any]] = [feature_id(collection.id_columns).label(ID)]
    if layer is not None and layer.classes:
        bits = {1 << position: name for position, name in enumerate(layer.class_ids)}
        names.append(case(bits, value=Feature.class_bit).label(CLASS))
    document = collection.document
    columns = map(_as_value, collection.properties) if document is None else [document.label("document")]
    return (
        select(*names, *columns, collection.geometry.label("geom"))
        .select_from(collection.source)
        .where(collection.where, collection.geometry.op("&&")(_reach(BUFFER / EXTENT)))
        .order_by(*_weight(collection))
        .limit(slot("most", Integer()))
    )


def _as_value(shown: Property) -> ColumnElement[Any]:
    """Return a property as a value that tiles can hold."""
    value = single_value(shown)
    return (cast(value, String) if shown.kind in {"date", "datetime"} else value).label(shown.name)


def _weight(collection: Collection) -> tuple[ColumnElement[Any], ...]:
    """Return the order in which features are kept."""
    if collection.layer is not None:
        scattered = Feature.number * literal(_SCATTER) % literal(_SCATTERED)
        return Feature.size.desc(), scattered
    order: list[ColumnElement[Any]] = []
    if severity := collection.property("severity"):
        ranks = {name: rank for rank, name in enumerate(SEVERITIES)}
        order.append(case(ranks, value=severity.column, else_=len(ranks)))
    if area := collection.property("area_m2"):
        order.append(area.column.desc())
    return (*order, *collection.key)


def _box(*names: str) -> ColumnElement[Any]:
    """Return a box in the plane of the tile."""
    return func.ST_MakeEnvelope(*(slot(name, Double()) for name in names), _SRID)


def _reach(share: float) -> ColumnElement[Any]:
    """Return the tile and a share of its side around it, as far as there can be features, in their plane."""
    unit = slot("unit", Double())
    box = func.ST_ClipByBox2D(func.ST_Expand(_box(*_BOUNDS), unit * (EXTENT * share)), _box(*_SURROUNDINGS_SLOTS))
    return func.ST_Transform(func.ST_Segmentize(box, unit * (EXTENT / _EDGE_PARTS)), SRID)


def _in_plane(candidates: Subquery) -> ColumnElement[Any]:
    """Return a feature's geometry in the plane of the tile, without what cannot be seen in it."""
    whole = candidates.c.geom
    cut = func.ST_ClipByBox2D(whole, _reach(_SURROUNDINGS))
    near = case((func.pg_column_size(whole) > _LARGE_BYTES, cut), else_=whole)
    light = func.ST_Simplify(near, slot("unit", Double()) / 2, True)
    return func.ST_Transform(light, _SRID)
