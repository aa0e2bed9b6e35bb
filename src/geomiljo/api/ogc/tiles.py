"""OGC API Tiles: the grids, what tiles there are of a collection, and the tiles."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query

from geomiljo.access import Caller
from geomiljo.api.ogc.known import require_declared
from geomiljo.api.ogc.links import Base, json_link
from geomiljo.api.problems import PROBLEM_RESPONSES
from geomiljo.api.security import CurrentCaller, HiddenLayers
from geomiljo.api.state import Lang, ServiceState, State
from geomiljo.catalogue.layers import Layer
from geomiljo.errors import InputError
from geomiljo.publishing.collections import Collection
from geomiljo.publishing.extents import degrees
from geomiljo.publishing.grids import GRIDS, Grid, grid_named
from geomiljo.publishing.tiles import CLASS, ID
from geomiljo.publishing.visible import find_collection
from geomiljo.texts import Language, translate
from geomiljo.texts import mark as _

CONFORMANCE = (
    *(
        f"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/{name}"
        for name in ("core", "tileset", "tilesets-list", "geodata-tilesets", "mvt", "oas30")
    ),
    *(
        f"http://www.opengis.net/spec/tms/2.0/conf/{name}"
        for name in ("tilematrixset", "json-tilematrixset", "tilesetmetadata", "json-tilesetmetadata")
    ),
)
TILE_TYPE = "application/vnd.mapbox-vector-tile"
TILEJSON_TYPE = "application/vnd.mapbox.tile+json"
TILESETS = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"
"""Relation of the link from a collection to its tile sets."""
_SCHEME = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"
_MERCATOR = 3857
router = APIRouter(
    prefix="/ogc",
    tags=["tiles"],
    dependencies=[Depends(require_declared)],
    responses=PROBLEM_RESPONSES,
)

CollectionId = Annotated[str, Path(alias="collectionId", description="Id of a collection")]
Properties = dict[str, dict[str, str]]
GridId = Annotated[str, Path(alias="tileMatrixSetId", description="Id of a tile matrix set")]


@router.get("/tileMatrixSets", operation_id="getTileMatrixSetsList", summary="The grids of the tiles")
def tile_matrix_sets(language: Lang, base: Base) -> dict[str, Any]:
    """List the grids that tiles are cut by."""
    return {
        "tileMatrixSets": [
            {
                **{name: grid.document[name] for name in ("id", "uri", "crs") if name in grid.document},
                "title": grid.title.get(language),
                "links": [json_link(_grid_address(base, grid), "self", grid.title.get(language), language)],
            }
            for grid in GRIDS.values()
        ]
    }


@router.get("/tileMatrixSets/{tileMatrixSetId}", operation_id="getTileMatrixSet", summary="A grid")
def tile_matrix_set(grid_id: GridId) -> dict[str, Any]:
    """Give a grid: coordinate system, origin, and size of the tiles at each level."""
    return grid_named(grid_id).document


@router.get(
    "/collections/{collectionId}/tiles",
    operation_id="collection.vector.getTileSetsList",
    summary="Tile sets of a collection",
)
def tile_sets(
    collection_id: CollectionId, state: State, caller: CurrentCaller, hidden: HiddenLayers, language: Lang, base: Base
) -> dict[str, Any]:
    """List the tile sets of a collection, one for each grid."""
    collection = found_collection(state, caller, hidden, collection_id)
    address = f"{base}/collections/{collection.id}/tiles"
    title = collection.title.get(language)
    sets = [_summary(collection, grid, base, language) for grid in GRIDS.values()]
    return {"links": [json_link(address, "self", title, language)], "tilesets": sets}


@router.get(
    "/collections/{collectionId}/tiles/{tileMatrixSetId}",
    operation_id="collection.vector.getTileSet",
    summary="A tile set",
)
def tile_set(
    collection_id: CollectionId,
    grid_id: GridId,
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    language: Lang,
    base: Base,
    f: Annotated[
        Literal["json", "tilejson"], Query(description="tilejson: TileJSON 3, of Web Mercator alone")
    ] = "json",
) -> dict[str, Any]:
    """Tell what the tiles of a collection hold and where there are any: OGC tile set metadata, or TileJSON."""
    grid = grid_named(grid_id)
    collection = found_collection(state, caller, hidden, collection_id, is_reach_asked=True)
    properties = _properties(collection, layer_of(state, collection), language)
    if f == "tilejson":
        return _tilejson(collection, grid, properties, base, language)
    return {
        **_summary(collection, grid, base, language),
        "description": collection.description.get(language),
        "tileMatrixSetLimits": grid.limits(collection.extent) if collection.extent else [],
        "layers": [_layer(collection, grid, properties, language)],
    }


def found_collection(
    state: ServiceState, caller: Caller, hidden: frozenset[str], collection_id: str, *, is_reach_asked: bool = False
) -> Collection:
    """Return a collection as the caller sees it.

    Parameters
    ----------
    is_reach_asked : bool
        See :func:`geomiljo.publishing.visible.find_collection`.

    Raises
    ------
    NotFound
    """
    with state.engine.connect() as connection:
        return find_collection(
            connection, state.assessor.catalogue, caller, hidden, collection_id, is_reach_asked=is_reach_asked
        )


def _grid_address(base: str, grid: Grid) -> str:
    return f"{base}/tileMatrixSets/{grid.id}"


def _set_address(base: str, collection: Collection, grid: Grid) -> str:
    return f"{base}/collections/{collection.id}/tiles/{grid.id}"


def tilejson_address(base: str, collection: Collection) -> str:
    """Return the address of a collection's TileJSON."""
    return f"{base}/collections/{collection.id}/tiles/WebMercatorQuad?f=tilejson"


def _summary(collection: Collection, grid: Grid, base: str, language: Language) -> dict[str, Any]:
    address = _set_address(base, collection, grid)
    grid_title, title = grid.title.get(language), collection.title.get(language)
    links: list[dict[str, Any]] = [
        json_link(address, "self", title, language),
        json_link(_grid_address(base, grid), _SCHEME, grid_title, language),
        {
            "href": f"{address}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}",
            "rel": "item",
            "type": TILE_TYPE,
            "templated": True,
            "title": translate(_("Tiles"), language),
        },
    ]
    if grid.srid == _MERCATOR:
        links.append({**json_link(f"{address}?f=tilejson", "describedby", "TileJSON", language), "type": TILEJSON_TYPE})
    known = {"tileMatrixSetURI": grid.document["uri"]} if "uri" in grid.document else {}
    return {
        "title": f"{title}: {grid_title}",
        "dataType": "vector",
        "crs": grid.crs,
        **known,
        "tileMatrixSetId": grid.id,
        "links": links,
    }


def layer_of(state: ServiceState, collection: Collection) -> Layer | None:
    """Return the layer of the registers that a collection is."""
    return state.assessor.catalogue.layers[collection.layer] if collection.layer is not None else None


def _layer(collection: Collection, grid: Grid, properties: Properties, language: Language) -> dict[str, Any]:
    return {
        "id": collection.id,
        "title": collection.title.get(language),
        "dataType": "vector",
        **({} if collection.dimension is None else {"geometryDimension": collection.dimension}),
        "minTileMatrix": "0",
        "maxTileMatrix": str(grid.deepest),
        "propertiesSchema": {"type": "object", "properties": properties},
    }


def _properties(collection: Collection, layer: Layer | None, language: Language) -> Properties:
    """Return the properties of features in tiles; tiles know texts, numbers and truth values."""
    own = {ID: {"type": "string", "title": translate(_("Id of the feature"), language)}}
    if layer is not None and layer.classes:
        own[CLASS] = {"type": "string", "title": translate(_("Class of the object"), language)}
    plain = {"number", "integer", "boolean"}
    return own | {
        p.name: {"type": p.kind if p.kind in plain else "string", "title": p.title.get(language)}
        for p in collection.properties
    }


def _tilejson(
    collection: Collection, grid: Grid, properties: Properties, base: str, language: Language
) -> dict[str, Any]:
    """Return TileJSON 3.

    Raises
    ------
    InputError
        The grid is another than Web Mercator, which TileJSON takes for granted.
    """
    if grid.srid != _MERCATOR:
        raise InputError(
            _("TileJSON describes tiles in Web Mercator only, not in {grid}."),
            remedy=_("Ask with f=json, or for WebMercatorQuad."),
            grid=grid.id,
        )
    fields = {name: described["title"] for name, described in properties.items()}
    document: dict[str, Any] = {
        "tilejson": "3.0.0",
        "name": collection.title.get(language),
        "description": collection.description.get(language),
        "scheme": "xyz",
        "tiles": [f"{_set_address(base, collection, grid)}/{{z}}/{{y}}/{{x}}"],
        "minzoom": 0,
        "maxzoom": grid.deepest,
        "vector_layers": [{"id": collection.id, "fields": fields, "minzoom": 0, "maxzoom": grid.deepest}],
    }
    if collection.attribution:
        document["attribution"] = collection.attribution
    if collection.extent:
        document["bounds"] = list(degrees(collection.extent))
    return document
