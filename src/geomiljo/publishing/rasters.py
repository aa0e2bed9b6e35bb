"""Raster layers as pictures: which may be shown to whom, their tiles and their colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from geomiljo.database.tables import LayerOff, LayerVersion
from geomiljo.errors import NotFound
from geomiljo.layers.readers.base import stored_raster
from geomiljo.maps.raster_colours import raster_colours
from geomiljo.publishing.layers import may_be_shown
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.layers import Layer
    from geomiljo.layers.readers.base import RasterVersion
    from geomiljo.maps.raster_colours import RasterColours
    from geomiljo.publishing.collections import Extent
    from geomiljo.publishing.grids import Grid, Tile


@dataclass(frozen=True, slots=True)
class ShownRaster:
    """A loaded raster that may be shown.

    Attributes
    ----------
    version : str
        Changes whenever a tile may look otherwise.
    extent : tuple of float
        xmin, ymin, xmax, ymax, EPSG:3006.
    is_public : bool
        Everybody may see it, so that shared caches may keep it.
    """

    layer: Layer
    version: str
    raster: RasterVersion
    colours: RasterColours
    extent: Extent
    is_public: bool

    def tile(self, grid: Grid, place: Tile) -> bytes | None:
        """Return a tile as PNG; None: there is nothing in it.

        Raises
        ------
        SourceUnavailable
            The raster cannot be read.
        """
        from geomiljo.layers.raster_tiles import raster_tile  # what it stands on takes long to load

        entries = self.colours.entries
        stretch = None if self.colours.is_coded else (entries[0].value, entries[-1].value)
        at = (place.level, place.row, place.column)
        return raster_tile(self.raster, grid.tms, at, self.colours.colormap(), stretch)


def shown_raster(connection: Connection, catalogue: Catalogue, hidden: frozenset[str], layer_id: str) -> ShownRaster:
    """Return the active version of a raster layer that may be passed on.

    Parameters
    ----------
    hidden : frozenset of str
        Layers that the caller may not see.

    Raises
    ------
    NotFound
        There is no such raster, it is not loaded, or it is not open to the caller.
    """
    found = shown_rasters(connection, catalogue, hidden, layer_id)
    if not found:
        raise NotFound(
            _("There is no raster {layer} to show, or it is not open to you."),
            remedy=_("/api/v1/layers lists the layers; those with objects are collections of /ogc."),
            layer=layer_id[:60],
        )
    return found[0]


def shown_rasters(
    connection: Connection, catalogue: Catalogue, hidden: frozenset[str], layer_id: str | None = None
) -> list[ShownRaster]:
    """Return the active versions of the raster layers, or of one of them, that may be passed on."""
    query = select(
        LayerVersion.layer, LayerVersion.version, LayerVersion.raster, LayerVersion.report, LayerVersion.extent
    ).where(
        LayerVersion.state == "active",
        LayerVersion.raster.is_not(None),
        LayerVersion.layer.not_in(select(LayerOff.layer)),
    )
    if layer_id is not None:
        query = query.where(LayerVersion.layer == layer_id)
    rows = {row.layer: (row, raster) for row in connection.execute(query) if (raster := stored_raster(row.raster))}
    return [
        _shown(catalogue, layer, *rows[layer.id])
        for layer in catalogue.layers.values()
        if layer.id in rows and layer.id not in hidden and may_be_shown(layer, catalogue)
    ]


def _shown(catalogue: Catalogue, layer: Layer, row: Any, raster: RasterVersion) -> ShownRaster:
    colours = raster_colours(catalogue, layer, raster.cover_set, row.report["minimum"], row.report["maximum"])
    return ShownRaster(
        layer=layer,
        version=f"{row.version} {catalogue.version}",
        raster=raster,
        colours=colours,
        extent=tuple(row.extent),
        is_public=layer.access == "public",
    )
