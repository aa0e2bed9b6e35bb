"""Services that answer from a list of objects, as WFS, OGC API Features, ArcGIS REST and plain files do."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import shapely
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry
from sources.servers import Handler, Question, Reply

_URN = "urn:ogc:def:crs:EPSG::3006"
_TO_DEGREES = Transformer.from_crs(3006, "OGC:CRS84", always_xy=True)


@dataclass(frozen=True)
class Thing:
    """An object of a service, EPSG:3006."""

    id: str
    values: dict[str, Any]
    geometry: BaseGeometry


def _json(document: Any, **more: Any) -> Reply:
    return Reply(json.dumps(document).encode(), **more)


def _turned(geometry: BaseGeometry) -> BaseGeometry:
    turned: BaseGeometry = shapely.transform(geometry, lambda c: c[:, ::-1])
    return turned


def geojson(things: Sequence[Thing], *, swapped: bool = False, degrees: bool = False, **more: Any) -> dict[str, Any]:
    """Return a feature collection."""
    features = []
    for thing in things:
        shape = _turned(thing.geometry) if swapped else thing.geometry
        if degrees:
            shape = shapely.transform(shape, lambda c: np.column_stack(_TO_DEGREES.transform(c[:, 0], c[:, 1])))
        features.append(
            {
                "type": "Feature",
                "id": thing.id,
                "properties": thing.values,
                "geometry": json.loads(shapely.to_geojson(shape)),
            }
        )
    return {"type": "FeatureCollection", "features": features, **more}


# --- ArcGIS REST ---------------------------------------------------------------------------------------------------


def arcgis(things: Sequence[Thing], *, most: int = 100, can_page: bool = True, edited: int | None = None) -> Handler:
    """Return a service that gives at most `most` objects at once."""

    def answer(question: Question) -> Reply:
        query = question.query
        if not question.path.endswith("/query"):
            about: dict[str, Any] = {
                "maxRecordCount": most,
                "objectIdField": "OBJECTID",
                "advancedQueryCapabilities": {"supportsPagination": can_page},
            }
            return _json(about | ({"editingInfo": {"lastEditDate": edited}} if edited else {}))
        chosen = list(enumerate(things, start=1))
        if ">=" in query["where"]:
            low, high = query["where"].partition(">= ")[2].split(" AND OBJECTID < ")
            chosen = [(n, t) for n, t in chosen if int(low) <= n < int(high)]
        if query.get("returncountonly") == "true":
            return _json({"count": len(chosen)})
        if query.get("returnidsonly") == "true":
            return _json({"objectIdFieldName": "OBJECTID", "objectIds": [n for n, _thing in chosen][::-1]})
        if can_page:
            start = int(query.get("resultoffset", 0))
            chosen = chosen[start : start + int(query.get("resultrecordcount", most))]
        elif "resultoffset" in query:
            return _json({"error": {"code": 400, "message": "Pagination is not supported."}})
        return _json(
            {
                "objectIdFieldName": "OBJECTID",
                "geometryType": "esriGeometryPolygon",
                "spatialReference": {"wkid": 3006, "latestWkid": 3006},
                "fields": [{"name": "OBJECTID", "type": "esriFieldTypeOID"}, *_esri_fields(things)],
                "features": [
                    {"attributes": {"OBJECTID": n, **t.values}, "geometry": {"rings": _rings(t.geometry)}}
                    for n, t in chosen[:most]
                ],
            }
        )

    return answer


def _esri_fields(things: Sequence[Thing]) -> list[dict[str, Any]]:
    kinds = {float: "esriFieldTypeDouble", int: "esriFieldTypeInteger"}
    return [
        {"name": name, "type": kinds.get(type(value), "esriFieldTypeString"), "length": 400}
        for name, value in things[0].values.items()
    ]


def _rings(geometry: BaseGeometry) -> list[list[list[float]]]:
    """Return rings: shells clockwise, holes the other way."""
    turned = shapely.orient_polygons(geometry, exterior_cw=True)
    rings = [ring for part in shapely.get_parts(turned) for ring in (part.exterior, *part.interiors)]
    return [shapely.get_coordinates(ring).tolist() for ring in rings]


# --- OGC API Features ----------------------------------------------------------------------------------------------


def ogc(things: Sequence[Thing], *, swapped: bool = True, tells_count: bool = True) -> Handler:
    """Return a service with the collection `reservat`, in the order of axes that Part 2 asks for unless told."""

    def answer(question: Question) -> Reply:
        if not question.path.endswith("/items"):
            return _json({"id": "reservat", "crs": ["http://www.opengis.net/def/crs/EPSG/0/3006"]})
        limit, start = int(question.query.get("limit", 10)), int(question.query.get("offset", 0))
        page = things[start : start + limit]
        degrees = "crs" not in question.query
        more: dict[str, Any] = {"numberReturned": len(page)} | ({"numberMatched": len(things)} if tells_count else {})
        if start + limit < len(things):
            # a service behind a proxy names itself as it is called inside
            parameters = f"limit={limit}&offset={start + limit}" + ("" if degrees else "&crs=" + question.query["crs"])
            link = f"http://inside.example.se:8080/x/collections/reservat/items?{parameters}"
            more["links"] = [{"rel": "next", "href": link}]
        return _json(geojson(page, swapped=swapped and not degrees, degrees=degrees, **more))

    return answer


# --- Web Feature Service -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class WfsHabits:
    """How a Web Feature Service behaves.

    `boxes_north_first`: order in boxes; `gml_north_first`, `json_north_first`: order in what it sends.
    """

    cap: int | None = None
    boxes_north_first: bool = True
    gml_north_first: bool = True
    json_north_first: bool = False
    pages: bool = True
    flattens: bool = False


def wfs(things: Sequence[Thing], habits: WfsHabits) -> Handler:
    """Return a service that knows equality, null and boxes."""

    for thing in things:
        shapely.prepare(thing.geometry)

    def answer(question: Question) -> Reply:
        query = question.query
        if query.get("resulttype") == "hits":
            if "outputformat" in query:
                return _fault("resultType=hits goes without outputFormat")
            count = len(_chosen(things, query, habits))
            name = "numberOfFeatures" if query["version"] == "1.1.0" else "numberMatched"
            return Reply(f'<wfs:FeatureCollection xmlns:wfs="x" {name}="{count}"/>'.encode(), "text/xml")
        chosen = _chosen(things, query, habits)
        start = int(query.get("startindex", 0)) if habits.pages else 0
        most = min(int(query.get("count", query.get("maxfeatures", 10**9))), habits.cap or 10**9)
        page = chosen[start : start + most]
        if "json" in query.get("outputformat", ""):
            if habits.flattens:
                page = [Thing(t.id, t.values, _flattened(t.geometry)) for t in page]
            return _json(geojson(page, swapped=habits.json_north_first))
        return Reply(_gml(page, habits).encode(), "text/xml")

    return answer


def _fault(text: str) -> Reply:
    report = f"<ows:ExceptionReport><ows:Exception><ows:ExceptionText>{text}</ows:ExceptionText></ows:Exception>"
    return Reply(f"{report}</ows:ExceptionReport>".encode(), "text/xml")


def _flattened(geometry: BaseGeometry) -> BaseGeometry:
    """Return one polygon whose further parts have become holes."""
    first, *others = shapely.get_parts(geometry)
    return shapely.Polygon(first.exterior, [*first.interiors, *(part.exterior for part in others)])


def _chosen(things: Sequence[Thing], query: dict[str, str], habits: WfsHabits) -> list[Thing]:
    if "bbox" in query:
        corners = [float(value) for value in query["bbox"].split(",")[:4]]
        box = _box(corners, habits)
        return [thing for thing in things if thing.geometry.intersects(box)]
    if "filter" in query:
        root = ET.fromstring(query["filter"])  # noqa: S314 - our own client wrote it
        return [thing for thing in things if _holds(root[0], thing, habits)]
    return list(things)


def _box(corners: Sequence[float], habits: WfsHabits) -> BaseGeometry:
    a, b, c, d = corners
    return shapely.box(b, a, d, c) if habits.boxes_north_first else shapely.box(a, b, c, d)


def _holds(element: ET.Element, thing: Thing, habits: WfsHabits) -> bool:
    name = element.tag.rpartition("}")[2]
    if name == "BBOX":
        low, high = (part.text or "" for part in element[0])
        return bool(thing.geometry.intersects(_box([float(v) for v in f"{low} {high}".split()], habits)))
    if name in {"And", "Or"}:
        inner = [_holds(child, thing, habits) for child in element]
        return all(inner) if name == "And" else any(inner)
    if name == "Not":
        return not _holds(element[0], thing, habits)
    value = thing.values.get(element[0].text or "")
    return value is None if name == "PropertyIsNull" else str(value) == element[1].text


def _gml(things: Sequence[Thing], habits: WfsHabits) -> str:
    members = []
    for thing in things:
        values = "".join(f"<t:{k}>{escape(str(v))}</t:{k}>" for k, v in thing.values.items() if v is not None)
        shape = _surface(_turned(thing.geometry) if habits.gml_north_first else thing.geometry)
        members.append(
            f'<wfs:member><t:reservat gml:id="{thing.id}">{values}<t:geom>{shape}</t:geom></t:reservat></wfs:member>'
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs/2.0" '
        'xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:t="http://example.se/t">'
        f"{''.join(members)}</wfs:FeatureCollection>"
    )


def _surface(geometry: BaseGeometry) -> str:
    def ring(kind: str, line: BaseGeometry) -> str:
        numbers = " ".join(map(repr, shapely.get_coordinates(line).ravel().tolist()))
        return f"<gml:{kind}><gml:LinearRing><gml:posList>{numbers}</gml:posList></gml:LinearRing></gml:{kind}>"

    parts = [
        "<gml:surfaceMember><gml:Polygon>"
        + ring("exterior", part.exterior)
        + "".join(ring("interior", hole) for hole in part.interiors)
        + "</gml:Polygon></gml:surfaceMember>"
        for part in shapely.get_parts(geometry)
    ]
    return f'<gml:MultiSurface srsName="{_URN}">{"".join(parts)}</gml:MultiSurface>'


# --- files ---------------------------------------------------------------------------------------------------------


def atom(body: bytes, *, files: str | None = None, title: str = "Naturreservat") -> Handler:
    """Return a feed of a service, which leads to one of a data set, which leads to a file.

    Parameters
    ----------
    files : str, optional
        Links of the entry, in place of the one to the file.
    """
    links = files or '<link rel="alternate" type="application/zip" href="data/reservat.zip"/>'
    inner = f"<entry><title>{title}</title><updated>2026-08-05T10:00:00Z</updated>{links}</entry>"
    other = '<link rel="alternate" type="text/html" href="/om"/><link rel="describedby" href="/metadata.xml"/>'
    lead = f'<link rel="alternate" type="application/atom+xml" href="feeds/reservat.xml"/>{other}'
    outer = f"<entry><title>{title}</title><updated>2026-08-05T10:00:00Z</updated>{lead}</entry>"
    static = file(body)

    def answer(question: Question) -> Reply:
        match question.path:
            case "/feed.xml":
                return _feed(outer)
            case "/feeds/reservat.xml":
                return _feed(inner)
        return static(question)

    return answer


def _feed(entries: str) -> Reply:
    feed = f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>-</title>{entries}</feed>'
    return Reply(feed.encode(), "application/atom+xml")


def file(body: bytes, *, etag: str | None = '"1"', ranges: bool = True) -> Handler:
    """Return a static server of one file, with entity tag and ranges."""

    def answer(question: Question) -> Reply:
        headers = {"ETag": etag, "Last-Modified": "Wed, 05 Aug 2026 10:00:00 GMT"} if etag else {}
        asked = question.headers.get("range")
        if asked and ranges and question.headers.get("if-range") == etag:
            start = int(asked.removeprefix("bytes=").rstrip("-"))
            told = {"Content-Range": f"bytes {start}-{len(body) - 1}/{len(body)}", **headers}
            return Reply(body[start:], "application/octet-stream", 206, told)
        return Reply(body, "application/octet-stream", 200, headers)

    return answer
