"""What is at a place, asked of all layers: their objects and cells there, and which layers cannot tell.

A layer says that nothing is there only where it maps the place and all its objects are loaded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import shapely
from sqlalchemy import func, select, text

from geomiljo.analysis.cover import CoverTable
from geomiljo.catalogue.base import Text
from geomiljo.catalogue.layers import UNCLASSIFIED
from geomiljo.database.engine import query
from geomiljo.database.tables import SRID, LayerVersion
from geomiljo.errors import SourceUnavailable
from geomiljo.layers.coverage import extent_geometry
from geomiljo.layers.readers.base import stored_raster
from geomiljo.layers.stage import classification_hash
from geomiljo.layers.versions import switched_off

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shapely import Point
    from sqlalchemy import Connection

    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.layers import Attribute, Layer
    from geomiljo.layers.readers.base import RasterVersion

Answer = Literal["there", "nothing", "unknown"]
Reason = Literal[
    "restricted",
    "switched_off",
    "not_loaded",
    "not_supported",
    "register_changed",
    "coverage_unknown",
    "not_covered",
    "objects_rejected",
    "outside_extent",
    "source_error",
]
MOST_OBJECTS = 20
"""Objects of a layer that are told of; the nearest."""
_CELL_M = 0.01


@dataclass(frozen=True, slots=True)
class ThingHere:
    """An object at the place.

    Attributes
    ----------
    class_title : Text or None
        None: the layer has one class only.
    distance_m : float
        0 where the place lies in or on it.
    error_m : float
        How far it may lie from where it is drawn.
    attributes : tuple of (Text, str)
        What the register declares, with its titles; nothing where the licence lets nobody pass it on.
    """

    id: str
    name: str | None
    class_title: Text | None
    distance_m: float
    error_m: float
    attributes: tuple[tuple[Text, str], ...]


@dataclass(frozen=True, slots=True)
class CellHere:
    """The cell at the place: its value, and the name of its class where it is a code."""

    value: float
    unit: str
    class_title: Text | None


@dataclass(frozen=True, slots=True)
class LayerHere:
    """What a layer says of the place.

    Attributes
    ----------
    answer : Answer
        ``unknown``: it cannot tell, for the `reason`.
    source_date : str or None
        ISO 8601.
    """

    layer: Layer
    answer: Answer
    reason: Reason | None = None
    version: str | None = None
    source_date: str | None = None
    things: tuple[ThingHere, ...] = ()
    cell: CellHere | None = None


def layers_at(
    connection: Connection, catalogue: Catalogue, hidden: frozenset[str], place: Point, within_m: float = 0.0
) -> tuple[LayerHere, ...]:
    """Return what every layer says of a place, in the order of the registers.

    Parameters
    ----------
    hidden : frozenset of str
        Layers that the caller may not see.
    place : Point
        EPSG:3006.
    within_m : float
        How far from the place objects are told of; points and lines are hard to hit.
    """
    loaded = _loaded(connection, place)
    off = {*switched_off(connection), *catalogue.switched_off}
    stands = [_stands(layer, catalogue, loaded, place, off=off, hidden=hidden) for layer in catalogue.layers.values()]
    asked = [s.layer for s in stands if s.reason is None and loaded[s.layer.id].raster is None]
    things = _things(connection, [(layer, loaded[layer.id]) for layer in asked], place, within_m)
    return tuple(
        s if s.reason is not None else _answered(s, loaded[s.layer.id], things.get(s.layer.id, ()), place, catalogue)
        for s in stands
    )


def _loaded(connection: Connection, place: Point) -> dict[str, Any]:
    """Return the active versions, and whether each has mapped the place; None: nobody knows."""
    point = func.ST_SetSRID(func.ST_MakePoint(place.x, place.y), SRID)
    columns = (
        LayerVersion.layer,
        LayerVersion.id,
        LayerVersion.version,
        LayerVersion.source_date,
        LayerVersion.classification,
        LayerVersion.unknown_count,
        LayerVersion.largest_error_m,
        func.ST_Intersects(LayerVersion.coverage, point).label("is_covered"),
        LayerVersion.raster,
    )
    rows = connection.execute(select(*columns).where(LayerVersion.state == "active"))
    return {row.layer: row for row in rows}


def _stands(
    layer: Layer,
    catalogue: Catalogue,
    loaded: Mapping[str, Any],
    place: Point,
    *,
    off: set[str],
    hidden: frozenset[str],
) -> LayerHere:
    """Return what is known of a layer before it is asked; without a reason it is to be asked."""
    if layer.id in hidden:
        return LayerHere(layer, "unknown", "restricted")
    if layer.id in off:
        return LayerHere(layer, "unknown", "switched_off")
    row = loaded.get(layer.id)
    if row is None:
        is_outside = layer.extent is not None and not shapely.intersects(
            extent_geometry(catalogue, layer.extent), place
        )
        if is_outside:
            return LayerHere(layer, "nothing", "outside_extent")
        is_picture = layer.raster is not None and not layer.raster.is_measured
        return LayerHere(layer, "unknown", "not_supported" if is_picture else "not_loaded")
    date = row.source_date.isoformat() if row.source_date else None
    known = LayerHere(layer, "unknown", None, row.version, date)
    if row.classification != classification_hash(layer):
        return replace(known, reason="register_changed")
    return known


def _answered(
    here: LayerHere, row: Any, things: tuple[ThingHere, ...], place: Point, catalogue: Catalogue
) -> LayerHere:
    raster = stored_raster(row.raster)
    if raster is not None:
        return _cell(here, raster, place, catalogue)
    if things:
        return replace(here, answer="there", things=things)
    if row.is_covered is None:
        return replace(here, reason="coverage_unknown")
    if not row.is_covered:
        return replace(here, reason="not_covered")
    if row.unknown_count:
        return replace(here, reason="objects_rejected")
    return replace(here, answer="nothing")


def _things(
    connection: Connection, asked: list[tuple[Layer, Any]], place: Point, within_m: float
) -> dict[str, tuple[ThingHere, ...]]:
    """Return the objects of each layer within reach: an object may lie as far off as its position is uncertain."""
    if not asked:
        return {}
    reaches = [within_m + max(layer.position_error_m, row.largest_error_m) for layer, row in asked]
    layers = {row.id: layer for layer, row in asked}
    rows = connection.execute(
        text(query("objects_at")),
        {
            "versions": list(layers),
            "reaches_m": reaches,
            "widest_m": max(reaches),
            "x": place.x,
            "y": place.y,
            "most": MOST_OBJECTS,
        },
    )
    found: dict[str, list[ThingHere]] = {}
    for row in rows:
        layer = layers[row.version_id]
        thing = _thing(layer, row)
        if thing.distance_m <= within_m + thing.error_m:
            found.setdefault(layer.id, []).append(thing)
    return {layer: tuple(things) for layer, things in found.items()}


def _thing(layer: Layer, row: Any) -> ThingHere:
    class_id = layer.class_ids[int(row.class_bit).bit_length() - 1]
    titles = {c.id: c.title for c in layer.classes}
    unclassified = Text(sv="utan klass", en="without class")
    return ThingHere(
        id=row.id,
        name=row.name,
        class_title=unclassified if class_id == UNCLASSIFIED else titles.get(class_id),
        distance_m=float(row.distance_m),
        error_m=float(layer.position_error_m if row.error_m is None else row.error_m),
        attributes=tuple(_attributes(layer.attributes, row.attributes)) if layer.licence.redistribution else (),
    )


def _attributes(declared: Iterable[Attribute], stored: Mapping[str, Any]) -> Iterable[tuple[Text, str]]:
    for attribute in declared:
        value = stored.get(attribute.name)
        if value is None or value == "" or attribute.role in {"id", "name"}:
            continue
        title = attribute.title or Text(sv=attribute.name, en=attribute.name)
        yield title, (attribute.codes or {}).get(str(value), str(value))


def _cell(here: LayerHere, raster: RasterVersion, place: Point, catalogue: Catalogue) -> LayerHere:
    from geomiljo.layers.rasters import opened  # what it stands on takes long to load

    try:
        with opened(raster) as cells:
            window = cells.window(cells.local(place.buffer(_CELL_M)))
    except SourceUnavailable:
        return replace(here, reason="source_error")
    spec = here.layer.raster
    if not window.is_valid[0, 0] or spec is None:
        return replace(here, reason="not_covered")
    value = float(window.values[0, 0])
    titles: dict[int, Text] = dict(spec.class_table)
    if raster.cover_set is not None:
        table = CoverTable.of(catalogue, raster.cover_set)
        titles |= {code: table.classes[column].name for code, column in table.codes.items()}
    title = titles.get(int(value)) if spec.unit == "class" else None
    return replace(here, answer="there", cell=CellHere(value, spec.unit, title))
