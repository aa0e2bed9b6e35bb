"""A STAC service and a static catalogue over rasters, with ranges, entity tags and faults of content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry
from sources.servers import Handler, Question, Reply
from sources.shapes import file

_TO_DEGREES = Transformer.from_crs(3006, "OGC:CRS84", always_xy=True)


@dataclass(frozen=True)
class Scene:
    """An item with one file.

    `more`: properties of the item; `asset`: of its file beside its address.
    """

    id: str
    area: BaseGeometry
    body: bytes
    day: str = "2024-05-01"
    etag: str | None = '"1"'
    collection: str = "hojd"
    more: dict[str, Any] = field(default_factory=dict)
    asset: dict[str, Any] = field(default_factory=dict)
    has_data: bool = True

    def path(self) -> str:
        return f"/files/{self.id}.tif"

    def item(self, url: str = "") -> dict[str, Any]:
        xmin, ymin, xmax, ymax = self.area.bounds
        west, south, east, north = np.round(_TO_DEGREES.transform_bounds(xmin, ymin, xmax, ymax), 9).tolist()
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        assets: dict[str, Any] = {
            "thumbnail": {"href": f"{url}/files/{self.id}.png", "type": "image/png", "roles": ["thumbnail"]}
        }
        if self.has_data:
            kind = "image/tiff; application=geotiff; profile=cloud-optimized"
            assets["data"] = {"href": f"{url}{self.path()}", "type": kind, "roles": ["data"], **self.asset}
        return {
            "type": "Feature",
            "stac_version": "1.0.0",
            "id": self.id,
            "collection": self.collection,
            "bbox": [west, south, east, north],
            "geometry": {"type": "Polygon", "coordinates": [ring]},
            "properties": {"datetime": f"{self.day}T00:00:00Z", **self.more},
            "links": [],
            "assets": assets,
        }

    def checked(self) -> Scene:
        """Return the item with size and checksum of its file."""
        told = {"file:size": len(self.body), "file:checksum": "1220" + hashlib.sha256(self.body).hexdigest()}
        return Scene(**{**self.__dict__, "asset": told})


def _json(document: Any) -> Reply:
    return Reply(json.dumps(document).encode())


def _files(scenes: Sequence[Scene]) -> Callable[[Question], Reply | None]:
    found = {scene.path(): file(scene.body, etag=scene.etag) for scene in scenes}
    return lambda question: found[question.path](question) if question.path in found else None


def service(scenes: Sequence[Scene], *, posts: bool = False, tells_count: bool = True, page: int = 2) -> Handler:
    """Return a service with a search that pages by links, with POST alone where asked to."""
    files = _files(scenes)

    def answer(question: Question) -> Reply:
        url = f"http://{question.headers['host']}"
        if question.path == "/stac":
            method = {"method": "POST"} if posts else {}
            links = [{"rel": "self", "href": f"{url}/stac"}, {"rel": "search", "href": "/search", **method}]
            return _json({"type": "Catalog", "id": "root", "stac_version": "1.0.0", "description": "-", "links": links})
        if question.path == "/search":
            asked = json.loads(question.body) if posts else dict(question.query)
            return _json(_page(scenes, asked, url, posts=posts, tells_count=tells_count, page=page))
        return files(question) or Reply(b"", status=404)

    return answer


def _page(
    scenes: Sequence[Scene], asked: dict[str, Any], url: str, *, posts: bool, tells_count: bool, page: int
) -> dict[str, Any]:
    wanted = asked["collections"] if posts else asked["collections"].split(",")
    chosen = [scene for scene in scenes if scene.collection in wanted]
    start = int(asked.get("start", 0))
    document: dict[str, Any] = {
        "type": "FeatureCollection",
        "features": [scene.item(url) for scene in chosen[start : start + page]],
        "links": [],
    }
    if tells_count:
        document["numberMatched"] = len(chosen)
    if start + page < len(chosen):
        following: dict[str, Any] = {
            "rel": "next",
            "href": f"{url}/search?collections={','.join(wanted)}&start={start + page}",
        }
        if posts:
            following |= {"href": f"{url}/search", "method": "POST", "merge": True, "body": {"start": start + page}}
        document["links"] = [following]
    return document


def static(scenes: Sequence[Scene]) -> Handler:
    """Return files that link to each other by relative addresses."""
    files = _files(scenes)
    named = {f"/items/{scene.id}.json": scene for scene in scenes}

    def answer(question: Question) -> Reply:
        about = {"stac_version": "1.0.0", "description": "-"}
        if question.path == "/stac":
            links = [{"rel": "root", "href": "/stac"}, {"rel": "child", "href": "collections/hojd.json"}]
            return _json({"type": "Catalog", "id": "root", **about, "links": links})
        if question.path == "/collections/hojd.json":
            items = [{"rel": "item", "href": f"..{path}"} for path in named]
            links = [{"rel": "root", "href": "/stac"}, {"rel": "parent", "href": "/stac"}, *items]
            return _json({"type": "Collection", "id": "hojd", "license": "CC0-1.0", **about, "links": links})
        if question.path in named:
            item = named[question.path].item()
            item["assets"]["data"]["href"] = f"..{named[question.path].path()}"
            return _json(item)
        return files(question) or Reply(b"", status=404)

    return answer
