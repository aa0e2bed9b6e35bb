"""The description of `/ogc` as OpenAPI 3.0: valid as that, with no reference to anywhere else."""

from __future__ import annotations

from typing import Any

from geomiljo import __version__
from geomiljo.api.ogc import downloads
from geomiljo.api.ogc.door import Asked
from geomiljo.api.ogc.older_openapi import paths_under
from geomiljo.api.ogc.query import DEEPEST_ZOOM, DEFAULT_LIMIT, MOST_FEATURES, MOST_SKIPPED, OF_ITEM, PROFILES
from geomiljo.api.ogc.tiles import TILE_TYPE
from geomiljo.publishing.filters import FILTER_LANGUAGES
from geomiljo.publishing.systems import SYSTEMS

Document = dict[str, Any]
_URI = {"type": "string", "format": "uri", "enum": list(SYSTEMS)}
_PROBLEM = {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/problem"}}}}


def _query(name: str, schema: Document, description: str) -> Document:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "style": "form",
        "explode": False,
        "schema": schema,
        "description": description,
    }


def _path(name: str, description: str) -> Document:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, "description": description}


_BOX = {
    "type": "array",
    "minItems": 4,
    "maxItems": 6,
    "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
    "items": {"type": "number"},
}
PARAMETERS: dict[str, Document] = {
    "collectionId": _path("collectionId", "Id of a collection"),
    "featureId": _path("featureId", "Id of a feature"),
    "f": _query("f", {"type": "string", "enum": ["json", "html"]}, "Form of the answer; Accept is heeded without it"),
    "f-of-features": _query(
        "f",
        {"type": "string", "enum": ["json", "html", *downloads.FORMS]},
        "Form of the answer; Accept is heeded without it. Others than json and html are downloads, which are whole: "
        "all features that are asked for, or the first of them where limit is given",
    ),
    "lang": _query("lang", {"type": "string", "enum": ["sv", "en"]}, "Language of titles"),
    "limit": _query(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": MOST_FEATURES, "default": DEFAULT_LIMIT},
        "Most features on the page",
    ),
    "offset": _query(
        "offset",
        {"type": "integer", "minimum": 0, "maximum": MOST_SKIPPED, "default": 0},
        "Features passed over; the links `next` go on without it, and farther",
    ),
    "cursor": _query("cursor", {"type": "string"}, "Where the page begins: from a link `next` or `prev`"),
    "bbox": _query("bbox", _BOX, "Only features that meet the box, whose edges are straight in its own system"),
    "bbox-crs": _query("bbox-crs", _URI, "System of bbox; CRS84 without it"),
    "crs": _query("crs", _URI, "System of the answer; CRS84 without it"),
    "datetime": _query("datetime", {"type": "string"}, "A day, a moment, or an interval such as 2026-01-01/.."),
    "filter": _query("filter", {"type": "string"}, "CQL2"),
    "filter-lang": _query(
        "filter-lang",
        {"type": "string", "enum": list(FILTER_LANGUAGES), "default": "cql2-text"},
        "Whether the filter is text or JSON",
    ),
    "filter-crs": _query("filter-crs", _URI, "System of geometries in the filter; CRS84 without it"),
    "sortby": _query(
        "sortby",
        {"type": "array", "items": {"type": "string", "pattern": "^[+-]?.+$"}},
        "Properties to sort by; - before one turns its direction",
    ),
    "properties": _query("properties", {"type": "array", "items": {"type": "string"}}, "Properties that are given"),
    "skipGeometry": _query("skipGeometry", {"type": "boolean", "default": False}, "Leave geometries out"),
    "zoom-level": _query(
        "zoom-level",
        {"type": "integer", "minimum": 0, "maximum": DEEPEST_ZOOM},
        "Outlines may be off by half a pixel of this level of Web Mercator; without it they are as stored",
    ),
    "profile": _query(
        "profile",
        {"type": "string", "enum": list(PROFILES)},
        "crs: the document names its system, for old clients; jsonfg: as f=jsonfg",
    ),
}
_OF_PAGE = tuple(name for name in PARAMETERS if name not in {"collectionId", "featureId", "f", "f-of-features", "lang"})
_JSON = "application/json"
_ANY: Document = {"type": "object"}
_FILE: Document = {"schema": {"type": "string", "format": "binary"}}


def describe(asked: Asked) -> Document:
    """Return the description: of the plain routes, and what FastAPI says of the others."""
    others, schemas = paths_under(asked.request.app.openapi(), "/ogc")
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "geomiljo",
            "version": __version__,
            "description": "Plans, findings and map layers for GIS tools. Errors are problem details (RFC 9457).",
        },
        "servers": [{"url": asked.base}],
        "paths": others | _paths(),
        "components": {"parameters": PARAMETERS | _OF_TILE, "schemas": schemas | _SCHEMAS},
    }


def _get(
    operation: str, summary: str, media_type: str, schema: Document, *parameters: str, faults: str = ""
) -> Document:
    content = {media_type: {"schema": schema}, "text/html": {"schema": {"type": "string"}}}
    responses: Document = {"200": {"description": summary, "content": content}}
    responses["400"] = {"description": "A parameter is at fault", **_PROBLEM}
    for status, text in {"404": "There is none, or it is not open to you", "410": "No longer kept"}.items():
        if status in faults:
            responses[status] = {"description": text, **_PROBLEM}
    if "f-of-features" in parameters:
        content.update(dict.fromkeys(downloads.FORMS.values(), _FILE))
    responses["default"] = {"description": "Something is at fault", **_PROBLEM}
    general = ("lang",) if "f-of-features" in parameters else ("f", "lang")
    references = [{"$ref": f"#/components/parameters/{name}"} for name in (*parameters, *general)]
    return {"get": {"operationId": operation, "summary": summary, "parameters": references, "responses": responses}}


def _paths() -> dict[str, Document]:
    links, page, feature = ({"$ref": f"#/components/schemas/{name}"} for name in ("document", "features", "feature"))
    collection = "/collections/{collectionId}"
    json = "application/json"
    schema = "application/schema+json"
    return {
        "/": _get("getLandingPage", "Landing page", json, links),
        "/conformance": _get(
            "getConformance", "Conformance classes", json, {"$ref": "#/components/schemas/conformance"}
        ),
        "/api": _get("getDescription", "This description", "application/vnd.oai.openapi+json;version=3.0", _ANY),
        "/collections": _get("getCollections", "The collections", json, {"$ref": "#/components/schemas/collections"}),
        collection: _get("getCollection", "A collection", json, links, "collectionId", faults="404"),
        f"{collection}/queryables": _get(
            "getQueryables", "What can be asked", schema, _ANY, "collectionId", faults="404"
        ),
        f"{collection}/schema": _get(
            "getSchema", "What is in the features", schema, _ANY, "collectionId", faults="404"
        ),
        f"{collection}/items": _get(
            "getItems",
            "A page of features",
            "application/geo+json",
            page,
            "collectionId",
            *_OF_PAGE,
            "f-of-features",
            faults="404 410",
        ),
        f"{collection}/items/{{featureId}}": _get(
            "getItem",
            "A feature",
            "application/geo+json",
            feature,
            "collectionId",
            "featureId",
            *OF_ITEM,
            faults="404",
        ),
        f"{collection}/tiles/{{tileMatrixSetId}}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}": _tile(),
    }


_OF_TILE: dict[str, Document] = {
    "tileMatrixSetId": _path("tileMatrixSetId", "Id of a grid"),
    "tileMatrix": _path("tileMatrix", "Level of the grid"),
    "tileRow": _path("tileRow", "Row, from the north"),
    "tileCol": _path("tileCol", "Column, from the west"),
}


def _tile() -> Document:
    references = [{"$ref": f"#/components/parameters/{name}"} for name in ("collectionId", *_OF_TILE)]
    responses: Document = {
        "200": {"description": "A tile", "content": {TILE_TYPE: _FILE}},
        "204": {"description": "There is nothing in it"},
        "404": {"description": "There is none, or it is not open to you", **_PROBLEM},
        "default": {"description": "Something is at fault", **_PROBLEM},
    }
    return {
        "get": {
            "operationId": "collection.vector.getTile",
            "summary": "A tile",
            "parameters": references,
            "responses": responses,
        }
    }


def _object(required: list[str], **properties: Document) -> Document:
    return {"type": "object", "required": required, "properties": properties}


_STRING = {"type": "string"}
_LINKS = {"type": "array", "items": {"$ref": "#/components/schemas/link"}}
_GEOMETRY = {"type": "object", "nullable": True}
_SCHEMAS: dict[str, Document] = {
    "link": _object(["href", "rel"], href=_STRING, rel=_STRING, type=_STRING, title=_STRING, hreflang=_STRING),
    "document": _object(["links"], title=_STRING, description=_STRING, links=_LINKS),
    "conformance": _object(["conformsTo"], conformsTo={"type": "array", "items": _STRING}),
    "collections": _object(
        ["links", "collections"],
        links=_LINKS,
        crs={"type": "array", "items": _STRING},
        collections={"type": "array", "items": {"$ref": "#/components/schemas/document"}},
    ),
    "feature": _object(
        ["type", "geometry", "properties"],
        type={"type": "string", "enum": ["Feature"]},
        id=_STRING,
        geometry=_GEOMETRY,
        properties={"type": "object", "nullable": True},
        links=_LINKS,
    ),
    "features": _object(
        ["type", "features"],
        type={"type": "string", "enum": ["FeatureCollection"]},
        features={"type": "array", "items": {"$ref": "#/components/schemas/feature"}},
        links=_LINKS,
        timeStamp={"type": "string", "format": "date-time"},
        numberMatched={"type": "integer", "minimum": 0},
        numberMatchedIs={"type": "string", "enum": ["exact", "omitted"]},
        numberReturned={"type": "integer", "minimum": 0},
    ),
    "problem": _object(
        ["type", "title", "status", "detail"],
        type=_STRING,
        title=_STRING,
        status={"type": "integer"},
        detail=_STRING,
        remedy=_STRING,
        location=_STRING,
    ),
}
