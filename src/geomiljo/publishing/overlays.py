"""Layers that the maps of the pages can show: those that are loaded and open to whoever looks, as tiles."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from geomiljo.maps.overlays import Overlay, Surroundings
from geomiljo.maps.symbology import of_layer, of_severities
from geomiljo.publishing.extents import degrees
from geomiljo.publishing.grids import GRIDS
from geomiljo.publishing.layers import published_versions
from geomiljo.publishing.rasters import shown_rasters
from geomiljo.publishing.tiles import CLASS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from geomiljo.catalogue import Catalogue
    from geomiljo.publishing.collections import Extent
    from geomiljo.settings import BaseMap
    from geomiljo.texts import Language

_GRID = GRIDS["WebMercatorQuad"]


def surroundings(
    connection: Connection,
    catalogue: Catalogue,
    hidden: frozenset[str],
    base_maps: Sequence[BaseMap],
    language: Language,
) -> Surroundings:
    """Return what a map can show besides what it is about.

    Parameters
    ----------
    hidden : frozenset of str
        Layers that the caller may not see.
    """
    layers = [*_vectors(connection, catalogue, hidden, language), *_rasters(connection, catalogue, hidden, language)]
    order = {layer: position for position, layer in enumerate(catalogue.layers)}
    layers.sort(key=lambda overlay: order[overlay.id])
    return Surroundings(language, tuple(layers), tuple(base_maps))


def with_pieces(around: Surroundings, address: str, query: str, bounds: Extent) -> Surroundings:
    """Return surroundings with the tiles of all pieces of a kept assessment.

    Parameters
    ----------
    address, query : str
        Of the assessment's page; the query with its mark.
    bounds : tuple of float
        Of its plan, EPSG:3006.
    """
    rest = Overlay(
        id="pieces",
        title="",
        theme="nature",
        symbology=of_severities(),
        address=f"{address}/pieces/{{z}}/{{y}}/{{x}}{query}",
        bounds=degrees(bounds),
        deepest=_GRID.deepest,
    )
    return replace(around, rest=rest)


def _vectors(
    connection: Connection, catalogue: Catalogue, hidden: frozenset[str], language: Language
) -> Iterator[Overlay]:
    for version in published_versions(connection, catalogue, hidden):
        layer = catalogue.layers[version.layer]
        if version.extent is None:
            continue
        yield Overlay(
            id=layer.id,
            title=layer.title.get(language),
            theme=layer.theme,
            symbology=of_layer(layer, catalogue.rules_by_layer[layer.id], CLASS),
            address=f"/ogc/collections/{layer.id}/tiles/{_GRID.id}/{{z}}/{{y}}/{{x}}",
            bounds=degrees(version.extent),
            deepest=_GRID.deepest,
            attribution=layer.authority,
        )


def _rasters(
    connection: Connection, catalogue: Catalogue, hidden: frozenset[str], language: Language
) -> Iterator[Overlay]:
    for shown in shown_rasters(connection, catalogue, hidden):
        layer = shown.layer
        yield Overlay(
            id=layer.id,
            title=layer.title.get(language),
            theme=layer.theme,
            symbology=shown.colours.symbology,
            address=f"/api/v1/layers/{layer.id}/tiles/{_GRID.id}/{{z}}/{{y}}/{{x}}",
            bounds=degrees(shown.extent),
            deepest=_GRID.deepest,
            attribution=layer.authority,
            is_raster=True,
        )
