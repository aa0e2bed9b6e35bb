"""JSON Schemas of the features of a collection: what is in them, and what can be asked of them."""

from __future__ import annotations

from typing import Any

from geomiljo.api.ogc.door import Asked
from geomiljo.publishing.collections import Collection, Kind, Property

_TYPES: dict[Kind, dict[str, Any]] = {
    "string": {"type": "string"},
    "number": {"type": "number"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "array": {"type": "array", "items": {"type": "integer"}},
}
_FORMATS = {"MultiPoint": "point", "MultiLineString": "linestring", "MultiPolygon": "polygon"}


def collection_schema(asked: Asked, collection: Collection, kind: str) -> dict[str, Any]:
    """Return the schema of a collection's features.

    Parameters
    ----------
    kind : str
        ``queryables`` or ``schema``, as the address ends.
    """
    form = _FORMATS.get(collection.geometry_type or "")
    geometry = f"geometry-{form}-or-multi{form}" if form else "geometry-any"
    properties: dict[str, Any] = {
        p.name: _property(asked, p, is_moment=p is collection.moment) for p in collection.properties
    }
    properties["geometry"] = {"format": geometry, "x-ogc-role": "primary-geometry"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{asked.base}/collections/{collection.id}/{kind}",
        "type": "object",
        "title": collection.title.get(asked.language),
        "description": collection.description.get(asked.language),
        "properties": properties,
        "additionalProperties": False,
    }


def _property(asked: Asked, wanted: Property, *, is_moment: bool) -> dict[str, Any]:
    told = {"title": wanted.title.get(asked.language), **_TYPES[wanted.kind]}
    if wanted.codes:
        told["description"] = "; ".join(f"{code}: {meaning}" for code, meaning in wanted.codes.items())
    if is_moment:
        told["x-ogc-role"] = "primary-instant"
    return told
