"""The routes of `/ogc` that are read."""

from __future__ import annotations

from starlette.routing import BaseRoute
from starlette_compress import add_compress_type

from geomiljo.api.ogc import documents, items
from geomiljo.api.ogc.answers import GEOJSON, OPENAPI, SCHEMA
from geomiljo.api.ogc.door import route
from geomiljo.api.ogc.tile import tile
from geomiljo.publishing.downloads.streams import STREAMS

for _media_type in (SCHEMA, OPENAPI):
    add_compress_type(_media_type.partition(";")[0])
for _media_type in (GEOJSON, *(form.media_type for form in STREAMS.values())):
    # Each block is sent as soon as it is packed: the first would wait for a hundred thousand features otherwise.
    add_compress_type(_media_type.partition(";")[0], streaming=True)

ROUTES: tuple[BaseRoute, ...] = (
    route("", documents.landing),
    route("/conformance", documents.conformance),
    route("/api", documents.api),
    route("/style.css", documents.style),
    route("/collections", documents.collections),
    route("/collections/{collection_id}", documents.collection),
    route("/collections/{collection_id}/queryables", documents.queryables),
    route("/collections/{collection_id}/schema", documents.schema),
    route("/collections/{collection_id}/items", items.items),
    route("/collections/{collection_id}/items/{feature_id:path}", items.item),
    route("/collections/{collection_id}/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}", tile),
)
