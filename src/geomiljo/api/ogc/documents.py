"""The documents around features: landing page, conformance, collections, schemas."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import quote, urlencode

from starlette.responses import Response
from starlette.types import ASGIApp

from geomiljo.api.ogc.answers import (
    GEOJSON,
    HTML,
    JSON,
    OPENAPI,
    SCHEMA,
    json_answer,
    kept,
    page_answer,
    wanted_form,
)
from geomiljo.api.ogc.conformance import CLASSES
from geomiljo.api.ogc.description import describe
from geomiljo.api.ogc.door import Asked
from geomiljo.api.ogc.downloads import KINDS
from geomiljo.api.ogc.links import own_links
from geomiljo.api.ogc.pages import document_page, style_sheet
from geomiljo.api.ogc.schemas import collection_schema
from geomiljo.api.ogc.styles import style_links
from geomiljo.api.ogc.tiles import TILESETS
from geomiljo.publishing.collections import Collection
from geomiljo.publishing.extents import degrees
from geomiljo.publishing.systems import CRS84, STORAGE, SYSTEMS
from geomiljo.texts import mark as _
from geomiljo.texts import translate

Link = dict[str, str]


async def landing(asked: Asked) -> ASGIApp:
    """Say what there is, and where."""
    links = [
        *_own_links(asked, asked.base),
        asked_link(asked, "api", "service-desc", OPENAPI, _("Description of the service, OpenAPI 3.0")),
        asked_link(asked, "api?f=html", "service-doc", HTML, _("Description of the service")),
        asked_link(asked, "conformance", "conformance", JSON, _("What the service conforms to")),
        asked_link(asked, "conformance", _CONFORMANCE_REL, JSON, _("What the service conforms to")),
        asked_link(asked, "collections", "data", JSON, _("The collections")),
        asked_link(asked, "collections", _DATA_REL, JSON, _("The collections")),
        asked_link(asked, "tileMatrixSets", _GRIDS_REL, JSON, _("Grids of the tiles")),
        asked_link(asked, "processes", _PROCESSES_REL, JSON, _("The processes")),
        asked_link(asked, "jobs", _JOBS_REL, JSON, _("The jobs")),
    ]
    title = translate(_("geomiljo: plans, findings and map layers"), asked.language)
    description = translate(
        _("Planning areas, what they touch of the environmental quality objectives, and the layers behind it"),
        asked.language,
    )
    return _lasting(asked, {"title": title, "description": description, "links": links}, title)


_REL = "http://www.opengis.net/def/rel/ogc/1.0"
_CONFORMANCE_REL, _DATA_REL = f"{_REL}/conformance", f"{_REL}/data"
_PROCESSES_REL, _JOBS_REL = f"{_REL}/processes", f"{_REL}/job-list"
_GRIDS_REL = f"{_REL}/tiling-schemes"
_QUERYABLES_REL, _SCHEMA_REL = f"{_REL}/queryables", f"{_REL}/schema"


def asked_link(asked: Asked, path: str, rel: str, media_type: str, title: str) -> Link:
    """Return a link to something of `/ogc`."""
    href = f"{asked.base}/{path}"
    return {"href": href, "rel": rel, "type": media_type, "title": translate(title, asked.language)}


async def conformance(asked: Asked) -> ASGIApp:
    """List the conformance classes."""
    return _lasting(asked, {"conformsTo": list(CLASSES)}, _("What the service conforms to"))


async def api(asked: Asked) -> ASGIApp:
    """Describe the routes as OpenAPI 3.0."""
    return _lasting(asked, describe(asked), _("Description of the service"), OPENAPI)


async def collections(asked: Asked) -> ASGIApp:
    """List the collections."""
    found = await asked.collections()
    document = {
        "links": _own_links(asked, f"{asked.base}/collections"),
        "crs": list(SYSTEMS),
        "collections": [collection_document(asked, collection) for collection in found],
    }
    return kept(asked, _answer(asked, document, _("The collections"), JSON), None, is_public=False)


async def collection(asked: Asked) -> ASGIApp:
    """Describe a collection."""
    asked.require_known()
    found = await asked.collection(is_reach_asked=True)
    return _of_collection(asked, found, collection_document(asked, found), JSON)


async def queryables(asked: Asked) -> ASGIApp:
    """Say what can be asked of a collection's features."""
    return await _schema(asked, "queryables")


async def schema(asked: Asked) -> ASGIApp:
    """Say what is in a collection's features."""
    return await _schema(asked, "schema")


async def style(asked: Asked) -> ASGIApp:
    """Give the style sheet of the pages."""
    return Response(style_sheet(), media_type="text/css", headers={"Cache-Control": "public, max-age=3600"})


def collection_document(asked: Asked, found: Collection) -> dict[str, Any]:
    """Return the description of a collection, the same alone and in the list."""
    address = f"{asked.base}/collections/{quote(found.id)}"
    items = f"{address}/items"
    title = found.title.get(asked.language)

    def link(href: str, rel: str, media_type: str, text: str) -> Link:
        return {"href": href, "rel": rel, "type": media_type, "title": f"{title}: {translate(text, asked.language)}"}

    told: dict[str, Any] = {
        "id": found.id,
        "title": title,
        "description": found.description.get(asked.language),
        "itemType": "feature",
        "extent": _extent(found),
        "crs": list(SYSTEMS),
        "storageCrs": STORAGE.uri,
        "links": [
            link(f"{address}?f=json", "self", JSON, _("description")),
            link(f"{address}?f=html", "alternate", HTML, _("description as HTML")),
            link(items, "items", GEOJSON, _("features")),
            link(f"{items}?f=html", "items", HTML, _("features as HTML")),
            link(f"{address}/queryables", _QUERYABLES_REL, SCHEMA, _("what can be asked")),
            link(f"{address}/schema", _SCHEMA_REL, SCHEMA, _("what is in the features")),
            *_downloads(title, items),
            link(f"{address}/tiles", TILESETS, JSON, _("vector tiles")),
            *style_links(found, asked.base, asked.language),
        ],
    }
    if found.attribution is not None:
        told["attribution"] = found.attribution
    if found.licence is not None:
        told["license"] = found.licence
    if found.count is not None:
        told["itemCount"] = found.count
    return told


def _downloads(title: str, items: str) -> list[Link]:
    """Return links to the whole collection as files, in the system of storage."""
    return [
        {
            "href": f"{items}?{urlencode({'f': name, 'crs': STORAGE.uri})}",
            "rel": "enclosure",
            "type": form.media_type,
            "title": f"{title}: {form.title}",
        }
        for name, form in KINDS.items()
    ]


def _extent(found: Collection) -> dict[str, Any]:
    extent: dict[str, Any] = {}
    if found.extent is not None:
        extent["spatial"] = {"bbox": [list(degrees(found.extent))], "crs": CRS84.uri}
    if found.interval is not None:
        extent["temporal"] = {
            "interval": [[_moment(end) for end in found.interval]],
            "trs": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian",
        }
    return extent


def _moment(value: dt.date | dt.datetime | None) -> str | None:
    if value is None:
        return None
    if not isinstance(value, dt.datetime):
        value = dt.datetime.combine(value, dt.time(), dt.UTC)
    return value.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


async def _schema(asked: Asked, kind: str) -> ASGIApp:
    asked.require_known()
    found = await asked.collection()
    return _of_collection(asked, found, collection_schema(asked, found, kind), SCHEMA)


def _own_links(asked: Asked, address: str) -> list[Link]:
    return own_links(address, JSON, _("This document"), _("This document as HTML"), asked.language)


def _lasting(asked: Asked, document: dict[str, Any], title: str, media_type: str = JSON) -> Response:
    """Return a document that stays as it is while the service runs."""
    return kept(asked, _answer(asked, document, title, media_type), asked.state.since, is_public=True)


def _of_collection(asked: Asked, found: Collection, document: dict[str, Any], media_type: str) -> Response:
    answer = _answer(asked, document, found.title.get(asked.language), media_type)
    changed_at = None if found.last_modified is None else max(found.last_modified, asked.state.since)
    return kept(asked, answer, changed_at, is_public=found.is_public)


def _answer(asked: Asked, document: dict[str, Any], title: str, media_type: str) -> Response:
    asked.require_known()
    if wanted_form(asked, {"json": media_type, "html": HTML}) == "html":
        return page_answer(document_page(asked, document, title))
    return json_answer(document, media_type)
