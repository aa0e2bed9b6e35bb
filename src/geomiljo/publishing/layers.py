"""Loaded layers as collections: attributes as they are stored, titles from the registers."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Boolean, Date, DateTime, Double, cast, func, select

from geomiljo.catalogue.base import Text
from geomiljo.database.tables import Feature, LayerOff, LayerVersion
from geomiljo.publishing.collections import Collection, Kind, Property

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import ColumnElement, Connection, ScalarSelect

    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.layers import Layer

_DIMENSIONS = {"point": 0, "line": 1, "polygon": 2}
_GEOMETRY_TYPES = {"point": "MultiPoint", "line": "MultiLineString", "polygon": "MultiPolygon"}
_READ: Mapping[str, tuple[Kind, Callable[[ColumnElement[str]], ColumnElement[Any]]]] = {
    "string": ("string", lambda text: text),
    "mixed": ("string", lambda text: text),
    "integer": ("integer", lambda text: cast(text, BigInteger)),
    "number": ("number", lambda text: cast(text, Double)),
    "boolean": ("boolean", lambda text: cast(text, Boolean)),
    "date": ("date", lambda text: cast(text, Date)),
    "datetime": ("datetime", lambda text: cast(text, DateTime(timezone=True))),
    "timestamp": ("datetime", lambda text: func.timezone("UTC", cast(text, DateTime()))),
}
"""Kind of a stored attribute: how it is published, and how SQL reads it from the text of a JSON member."""
_UNSURE = {"mixed", "datetime", "timestamp"}
"""Kinds whose JSON is not known from the value."""


@dataclass(frozen=True, slots=True)
class LoadedVersion:
    """What is known of a loaded version of a layer."""

    id: int
    layer: str
    loaded_at: dt.datetime
    feature_count: int
    extent: tuple[float, float, float, float] | None
    fields: tuple[Mapping[str, Any], ...]


_COLUMNS = (
    LayerVersion.id,
    LayerVersion.layer,
    LayerVersion.loaded_at,
    LayerVersion.feature_count,
    LayerVersion.extent,
    LayerVersion.fields,
)


_ACTIVE = (
    LayerVersion.state == "active",
    LayerVersion.raster.is_(None),
    LayerVersion.layer.not_in(select(LayerOff.layer)),
)
"""Of the versions that are in use and have objects."""


def published_versions(
    connection: Connection, catalogue: Catalogue, hidden: frozenset[str], layer_id: str | None = None
) -> list[LoadedVersion]:
    """Return the active versions of the layers that are passed on, in the order of the registers.

    Left out are layers that are hidden from the caller or switched off, and those whose licence forbids it.
    """
    wanted = [
        layer.id
        for layer in catalogue.layers.values()
        if layer_id in (None, layer.id) and is_passed_on(layer, catalogue) and layer.id not in hidden
    ]
    query = select(*_COLUMNS).where(*_ACTIVE)
    if layer_id is not None:
        query = query.where(LayerVersion.layer == layer_id)
    found = {row.layer: _version(row) for row in connection.execute(query)}
    return [found[layer] for layer in wanted if layer in found]


def kept_version(connection: Connection, version_id: int, layer_id: str) -> LoadedVersion | None:
    """Return a version of a layer that is still kept, active or not."""
    query = select(*_COLUMNS).where(LayerVersion.id == version_id, LayerVersion.layer == layer_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else _version(row)


def active_version(layer_id: ColumnElement[str]) -> ScalarSelect[int]:
    """Return the number of a layer's active version, as one value; null where there is none, or it is switched off."""
    return select(LayerVersion.id).where(LayerVersion.layer == layer_id, *_ACTIVE).scalar_subquery()


def is_passed_on(layer: Layer, catalogue: Catalogue) -> bool:
    """Return whether the layer has objects that the registers let be passed on."""
    return not layer.is_raster_only and may_be_shown(layer, catalogue)


def may_be_shown(layer: Layer, catalogue: Catalogue) -> bool:
    """Return whether the registers let the content of a layer be passed on."""
    return layer.licence.redistribution and layer.id not in catalogue.switched_off


def layer_collection(layer: Layer, version: LoadedVersion) -> Collection:
    """Return a loaded version of a layer as a collection."""
    properties = tuple(_property(layer, field) for field in version.fields)
    moment = _moment(layer, properties)
    is_single = len(layer.kinds) == 1
    return Collection(
        id=layer.id,
        title=layer.title,
        description=layer.hint or layer.title,
        properties=properties,
        source=Feature.__table__,
        where=Feature.version_id == version.id,
        geometry=Feature.geom.expression,
        geometry_type=_GEOMETRY_TYPES.get(layer.kinds[0]) if is_single else None,
        dimension=_DIMENSIONS.get(layer.kinds[0]) if is_single else None,
        id_columns=(Feature.id.expression,),
        key=(Feature.number.expression,),
        document=Feature.attributes.expression,
        moment=moment,
        version=str(version.id),
        count=version.feature_count,
        extent=version.extent,
        interval=_interval(version, moment),
        last_modified=version.loaded_at,
        is_public=layer.access == "public",
        licence=layer.licence.name,
        attribution=layer.authority,
        layer=layer.id,
    )


def _version(row: Any) -> LoadedVersion:
    extent = tuple(row.extent) if row.extent is not None else None
    return LoadedVersion(row.id, row.layer, row.loaded_at, row.feature_count, extent, tuple(row.fields))


def _property(layer: Layer, field: Mapping[str, Any]) -> Property:
    name = field["name"]
    declared = next((a for a in layer.attributes if a.name == name), None)
    kind, read = _READ[field["kind"]]
    return Property(
        name=name,
        kind=kind,
        title=(declared and declared.title) or Text(sv=name, en=name),
        column=read(Feature.attributes[name].astext),
        codes=(declared and declared.codes) or {},
        document=None if field["kind"] in _UNSURE else Feature.attributes.expression,
    )


def _moment(layer: Layer, properties: tuple[Property, ...]) -> Property | None:
    """Return the date that the register gives the role, or else the first that it declares."""
    declared = (*layer.attributes_with("date"), *(a for a in layer.attributes if a.type == "date"))
    dated = {p.name: p for p in properties if p.kind in {"date", "datetime"}}
    return next((dated[a.name] for a in declared if a.name in dated), None)


def _interval(version: LoadedVersion, moment: Property | None) -> tuple[dt.date, dt.date] | None:
    field = next((f for f in version.fields if moment is not None and f["name"] == moment.name), {})
    if "first" not in field:
        return None
    read = dt.date.fromisoformat if field["kind"] == "date" else dt.datetime.fromisoformat
    return read(field["first"]), read(field["last"])
