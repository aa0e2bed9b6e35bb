"""Layers of tiles as Folium describes them: our own, and base maps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import folium
from folium.plugins import VectorGridProtobuf

from geomiljo.maps.styles import leaflet_styles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geomiljo.maps.overlays import Overlay
    from geomiljo.settings import BaseMap

DEEPEST_ZOOM = 20
BACKDROP_PANE, OVERLAY_PANE = "backdrop", "own"
PANES: Mapping[str, int] = {BACKDROP_PANE: 150, OVERLAY_PANE: 350}
"""Depths: base maps lie at 200, findings at 400."""
_FILL_OPACITY: Mapping[str, float] = {BACKDROP_PANE: 1.0, OVERLAY_PANE: 0.2}
"""What is above the ground lets it through."""
_PICTURE_OPACITY = 0.7


def tile_layers(overlays: Sequence[Overlay], pane: str, *, show: bool) -> dict[str, folium.Element]:
    """Return a layer of tiles for each overlay, by its id.

    Notes
    -----
    Options are written as text: Folium would turn ``naturreservat_x`` into ``naturreservatX``, and a layer of that name
    is not in the tiles. Tiles are drawn on canvas, which keeps thousands of objects smooth, and hear no clicks: what
    lies at a place is the server's to answer.
    """
    return {
        overlay.id: _picture_layer(overlay, pane, show=show)
        if overlay.is_raster
        else _vector_layer(overlay, pane, show=show)
        for overlay in overlays
    }


def _picture_layer(overlay: Overlay, pane: str, *, show: bool) -> folium.TileLayer:
    return folium.TileLayer(
        overlay.address,
        attr=_as_html(overlay.attribution),
        name=overlay.id,
        control=False,
        show=show,
        max_zoom=DEEPEST_ZOOM,
        max_native_zoom=overlay.deepest,
        opacity=_PICTURE_OPACITY,
        pane=pane,
        bounds=_box(overlay),
    )


def _box(overlay: Overlay) -> list[list[float]]:
    west, south, east, north = overlay.bounds
    return [[south, west], [north, east]]


def _vector_layer(overlay: Overlay, pane: str, *, show: bool) -> VectorGridProtobuf:
    options = {
        "pane": pane,
        "tileSize": 512,
        "maxNativeZoom": overlay.deepest + 1,
        "maxZoom": DEEPEST_ZOOM,
        "bounds": _box(overlay),
        "attribution": _as_html(overlay.attribution),
        "interactive": False,
    }
    styles = leaflet_styles(overlay.symbology, _FILL_OPACITY[pane])
    by, name = json.dumps(overlay.symbology.by), json.dumps(overlay.id)
    drawn = f'"vectorTileLayerStyles": {{{name}: L.symbolsBy({by}, {_script_safe(styles)})}}'
    written = f'{_script_safe(options)[:-1]}, "rendererFactory": L.canvas.crispTile, {drawn}}}'
    return VectorGridProtobuf(overlay.address, overlay.id, written, control=False, show=show)


def base_map_layers(base_maps: Sequence[BaseMap]) -> dict[str, folium.Element]:
    """Return a tile layer for each base map, by its number; the first is shown."""
    return {
        str(number): folium.TileLayer(
            base_map.url,
            attr=_as_html(base_map.attribution),
            name=str(number),
            control=False,
            show=number == 0,
            min_zoom=base_map.min_zoom,
            max_zoom=DEEPEST_ZOOM,
            max_native_zoom=base_map.max_zoom,
        )
        for number, base_map in enumerate(base_maps)
    }


def _as_html(text: str) -> str:
    """Escape what Leaflet sets as HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _script_safe(value: object) -> str:
    """Return JSON that can stand in a script."""
    return json.dumps(value).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
