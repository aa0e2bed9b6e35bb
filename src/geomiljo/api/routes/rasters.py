"""Raster layers as pictures over HTTP: tiles and legends."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Path, Query, Request, Response

from geomiljo import __version__
from geomiljo.api.etags import etag_of, is_known
from geomiljo.api.ogc.links import ogc_address
from geomiljo.api.problems import PROBLEM_RESPONSES
from geomiljo.api.security import HiddenLayers
from geomiljo.api.state import Lang, ServiceState, State
from geomiljo.maps.legend import legend_svg, svg_as_png
from geomiljo.publishing.extents import degrees
from geomiljo.publishing.grids import GRIDS, grid_named
from geomiljo.publishing.rasters import ShownRaster, shown_raster
from geomiljo.texts import Language

_FAULTS: dict[int | str, dict[str, Any]] = {404: PROBLEM_RESPONSES[404]}
_KEPT_S = 300
"""How long caches may keep what everybody may see, before they ask whether it still holds."""
_BINARY = {"schema": {"type": "string", "format": "binary"}}
router = APIRouter(prefix="/api/v1/layers/{layer_id}", tags=["rasters"], responses=_FAULTS)


@router.get("/tiles", summary="Where the tiles of a raster layer are")
def raster_tile_sets(
    layer_id: str, request: Request, state: State, hidden: HiddenLayers, language: Lang
) -> dict[str, Any]:
    """Tell the addresses of the tiles in each grid, where there are any, and of the legend."""
    shown = _shown(state, hidden, layer_id)
    service = ogc_address(request, state).removesuffix("/ogc")
    address = f"{service}/api/v1/layers/{layer_id}"
    sets = [
        {
            "tileMatrixSetId": grid.id,
            "title": grid.title.get(language),
            "definition": f"{service}/ogc/tileMatrixSets/{grid.id}",
            "tiles": f"{address}/tiles/{grid.id}/{{z}}/{{y}}/{{x}}",
            "minzoom": 0,
            "maxzoom": grid.deepest,
            "limits": grid.limits(shown.extent),
        }
        for grid in GRIDS.values()
    ]
    return {
        "layer": layer_id,
        "title": shown.layer.title.get(language),
        "attribution": shown.layer.authority,
        "licence": shown.layer.licence.name,
        "bounds": list(degrees(shown.extent)),
        "legend": {form: f"{address}/legend?f={form}" for form in ("svg", "png", "json")},
        "tileSets": sets,
    }


@router.get(
    "/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}",
    summary="A tile of a raster layer",
    response_class=Response,
    responses={200: {"content": {"image/png": _BINARY}}, 204: {"description": "There is nothing in it"}},
)
def raster_tile(
    layer_id: str,
    grid_id: Annotated[str, Path(alias="tileMatrixSetId", description="Id of a grid")],
    matrix: Annotated[str, Path(alias="tileMatrix", description="Level of the grid")],
    row: Annotated[str, Path(alias="tileRow", description="Row, from the north")],
    column: Annotated[str, Path(alias="tileCol", description="Column, from the west")],
    request: Request,
    state: State,
    hidden: HiddenLayers,
) -> Response:
    """Give a tile as PNG of 256 × 256 pixels, transparent where the layer has no data."""
    grid = grid_named(grid_id)
    place = grid.tile(matrix, row, column)
    shown = _shown(state, hidden, layer_id)
    headers = _kept(shown, f"{grid.id}/{place.level}/{place.row}/{place.column}")
    if is_known(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    picture = shown.tile(grid, place)
    if picture is None:
        return Response(status_code=204, headers=headers)
    return Response(picture, media_type="image/png", headers=headers)


@router.get(
    "/legend",
    summary="Legend of a raster layer",
    response_class=Response,
    responses={
        200: {
            "content": {
                "image/svg+xml": {"schema": {"type": "string"}},
                "image/png": _BINARY,
                "application/json": {"schema": {"type": "object"}},
            }
        }
    },
)
def raster_legend(
    layer_id: str,
    request: Request,
    state: State,
    hidden: HiddenLayers,
    language: Lang,
    f: Annotated[Literal["svg", "png", "json"], Query(description="Form of the legend")] = "svg",
    scale: Annotated[int, Query(ge=1, le=4, description="How many times as large a PNG is")] = 1,
) -> Response:
    """Give the colours of a raster layer with what they mean."""
    shown = _shown(state, hidden, layer_id)
    headers = {**_kept(shown, f"legend {f} {scale} {language}"), "Vary": "Accept-Language"}
    if is_known(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    title = shown.layer.title.get(language)
    if f == "json":
        return Response(_legend_document(shown, title, language), media_type="application/json", headers=headers)
    picture = legend_svg(shown.colours.symbology, title, language)
    if f == "png":
        return Response(svg_as_png(picture, scale), media_type="image/png", headers=headers)
    return Response(picture, media_type="image/svg+xml", headers=headers)


def _shown(state: ServiceState, hidden: frozenset[str], layer_id: str) -> ShownRaster:
    with state.engine.connect() as connection:
        return shown_raster(connection, state.assessor.catalogue, hidden, layer_id)


def _legend_document(shown: ShownRaster, title: str, language: Language) -> bytes:
    entries = [
        {"value": entry.value, "label": entry.label.get(language), "colour": entry.colour}
        for entry in shown.colours.entries
    ]
    unit = shown.layer.raster.unit if shown.layer.raster is not None else ""
    return orjson.dumps({"title": title, "unit": unit, "blended": not shown.colours.is_coded, "entries": entries})


def _kept(shown: ShownRaster, what: str) -> dict[str, str]:
    """Return what lets a client keep what it has read, and ask whether it still holds."""
    told = f"{shown.layer.id} {shown.version} {__version__} {what}"
    return {
        "ETag": etag_of(hashlib.blake2b(told.encode(), digest_size=12).hexdigest()),
        "Cache-Control": f"public, max-age={_KEPT_S}" if shown.is_public else "private, no-cache",
    }
