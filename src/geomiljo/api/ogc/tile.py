"""A vector tile over HTTP."""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import ASGIApp

from geomiljo.api.ogc.answers import is_held, kept_headers, not_modified
from geomiljo.api.ogc.door import Asked
from geomiljo.api.ogc.tiles import TILE_TYPE, layer_of
from geomiljo.publishing.grids import grid_named
from geomiljo.publishing.tiles import tile_content

INCOMPLETE = "Geomiljo-Incomplete"
"""Header of a tile that is full and may lack the smallest features (findings: the mildest first)."""


async def tile(asked: Asked) -> ASGIApp:
    """Give a tile as Mapbox Vector Tile, with one layer named like the collection."""
    asked.require_known()
    path = asked.request.path_params
    place = grid_named(path["tileMatrixSetId"]).tile(path["tileMatrix"], path["tileRow"], path["tileCol"])
    collection = await asked.collection()
    most_features = asked.state.settings.tile_features
    headers = kept_headers(asked, collection, f"mvt {most_features}")
    if is_held(asked, headers):
        return not_modified(headers)
    async with asked.state.reading.session(is_told=collection.layer is None) as session:
        content = await tile_content(session, collection, layer_of(asked.state, collection), place, most_features)
    if not content.is_complete:
        headers[INCOMPLETE] = "smallest"
    if not content.data:
        return Response(status_code=204, headers=headers)
    return Response(content.data, media_type=TILE_TYPE, headers=headers)
