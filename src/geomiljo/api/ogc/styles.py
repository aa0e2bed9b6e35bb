"""Styles and legends of collections, by the symbol table of the maps."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request, Response

from geomiljo.api.etags import etag_of, is_known
from geomiljo.api.ogc.known import require_declared
from geomiljo.api.ogc.links import Base, json_link
from geomiljo.api.ogc.tiles import CollectionId, found_collection, tilejson_address
from geomiljo.api.problems import PROBLEM_RESPONSES
from geomiljo.api.security import CurrentCaller, HiddenLayers
from geomiljo.api.state import Lang, State
from geomiljo.catalogue import Catalogue
from geomiljo.errors import NotFound
from geomiljo.maps.legend import legend_svg, svg_as_png
from geomiljo.maps.styles import maplibre_style, sld
from geomiljo.maps.symbology import Symbology, of_layer, of_plans, of_severities
from geomiljo.publishing.collections import Collection
from geomiljo.publishing.tiles import CLASS, ID
from geomiljo.texts import Language, translate
from geomiljo.texts import mark as _

MAPLIBRE_TYPE, SLD_TYPE = "application/vnd.mapbox.style+json", "application/vnd.ogc.sld+xml;version=1.0"
LEGEND = "http://www.opengis.net/def/rel/ogc/1.0/legend"
STYLES = "http://www.opengis.net/def/rel/ogc/1.0/styles"
"""Relations of links from a collection."""
STYLE = "severity"
"""The style that every collection has."""
_TITLE = _("By severity")
_PUBLIC_S = 300
"""How long caches may keep what everybody may see, before they ask whether it still holds."""
router = APIRouter(
    prefix="/ogc",
    tags=["styles"],
    dependencies=[Depends(require_declared)],
    responses=PROBLEM_RESPONSES,
)


def symbology_of(catalogue: Catalogue, collection: Collection) -> Symbology:
    """Return how the features of a collection are drawn."""
    if collection.layer is not None:
        return of_layer(catalogue.layers[collection.layer], catalogue.rules_by_layer[collection.layer], CLASS)
    return of_plans() if collection.id == "plans" else of_severities()


def style_links(collection: Collection, base: str, language: Language) -> list[dict[str, Any]]:
    """Return the links from a collection to its styles and legends."""
    address = f"{base}/collections/{collection.id}"
    style = f"{address}/styles/{STYLE}"
    legend, title = translate(_("Legend"), language), translate(_TITLE, language)
    return [
        json_link(f"{address}/styles", STYLES, _("Styles"), language),
        {"href": f"{style}?f=maplibre", "rel": "stylesheet", "type": MAPLIBRE_TYPE, "title": f"MapLibre: {title}"},
        {"href": f"{style}?f=sld", "rel": "stylesheet", "type": SLD_TYPE, "title": f"SLD 1.0.0: {title}"},
        {"href": f"{address}/legend?f=svg", "rel": LEGEND, "type": "image/svg+xml", "title": legend},
        {"href": f"{address}/legend?f=png", "rel": LEGEND, "type": "image/png", "title": legend},
    ]


@router.get("/collections/{collectionId}/styles", operation_id="getStyles", summary="Styles of a collection")
def styles(
    collection_id: CollectionId, state: State, caller: CurrentCaller, hidden: HiddenLayers, language: Lang, base: Base
) -> dict[str, Any]:
    """List the styles of a collection, each in all the forms that it is told in."""
    collection = found_collection(state, caller, hidden, collection_id)
    links = [link for link in style_links(collection, base, language) if link["rel"] == "stylesheet"]
    return {
        "default": STYLE,
        "styles": [{"id": STYLE, "title": translate(_TITLE, language), "links": links}],
        "links": [json_link(f"{base}/collections/{collection.id}/styles", "self", _("Styles"), language)],
    }


@router.get(
    "/collections/{collectionId}/styles/{styleId}",
    operation_id="getStyle",
    summary="A style",
    response_class=Response,
    responses={
        200: {"content": {MAPLIBRE_TYPE: {"schema": {"type": "object"}}, SLD_TYPE: {"schema": {"type": "string"}}}}
    },
)
def style(
    request: Request,
    collection_id: CollectionId,
    style_id: Annotated[str, Path(alias="styleId", description="Id of a style")],
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    language: Lang,
    base: Base,
    f: Annotated[Literal["maplibre", "sld"], Query(description="Form of the style")] = "maplibre",
) -> Response:
    """Give a style: MapLibre for vector tiles in Web Mercator, SLD 1.0.0 for programs that read features."""
    collection = found_collection(state, caller, hidden, collection_id)
    if style_id != STYLE:
        raise NotFound(_("There is no style {style}."), remedy=_("There is {known}."), style=style_id, known=STYLE)
    symbology, title = symbology_of(state.assessor.catalogue, collection), collection.title.get(language)
    if f == "sld":
        document = sld(symbology, name=collection.id, title=title, language=language)
        return _kept(request, collection, document, SLD_TYPE)
    tilejson = tilejson_address(base, collection)
    described = maplibre_style(symbology, source_layer=collection.id, title=title, tilejson=tilejson, feature_id=ID)
    return _kept(request, collection, orjson.dumps(described), MAPLIBRE_TYPE)


@router.get(
    "/collections/{collectionId}/legend",
    operation_id="getLegend",
    summary="Legend of a collection",
    response_class=Response,
    responses={
        200: {
            "content": {
                "image/svg+xml": {"schema": {"type": "string"}},
                "image/png": {"schema": {"type": "string", "format": "binary"}},
            }
        }
    },
)
def legend(
    request: Request,
    collection_id: CollectionId,
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    language: Lang,
    f: Annotated[Literal["svg", "png"], Query(description="Form of the picture")] = "svg",
    scale: Annotated[int, Query(ge=1, le=4, description="How many times as large a PNG is")] = 1,
) -> Response:
    """Give the symbols of a collection with their names, as a small picture."""
    collection = found_collection(state, caller, hidden, collection_id)
    picture = legend_svg(symbology_of(state.assessor.catalogue, collection), collection.title.get(language), language)
    if f == "png":
        return _kept(request, collection, svg_as_png(picture, scale), "image/png")
    return _kept(request, collection, picture.encode(), "image/svg+xml")


def _kept(request: Request, collection: Collection, body: bytes, media_type: str) -> Response:
    """Return a document, or that the client has it already."""
    tag = etag_of(hashlib.sha256(body).hexdigest()[:16])
    keeping = f"public, max-age={_PUBLIC_S}" if collection.is_public else "private, no-cache"
    headers = {"ETag": tag, "Cache-Control": keeping, "Vary": "Accept-Language"}
    if is_known(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)
