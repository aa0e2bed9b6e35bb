"""What lies around and below the findings of a served map: our own layers as tiles, and base maps from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from geomiljo.maps.symbology import Look, Symbol, Symbology

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shapely.geometry.base import BaseGeometry

    from geomiljo.catalogue.layers import Theme
    from geomiljo.settings import BaseMap
    from geomiljo.texts import Language

_BOUNDARY = "#A9A18E"
BACKDROP: Mapping[str, Look] = {
    "tatort": Look(fill="#EAE4D6", ground="#EAE4D6", line="#DCD4C2", width=0.8),
    "ytvattenforekomst": Look(fill="#CFE0EA", ground="#CFE0EA", line="#7FA3BA", width=0.8),
    "kommun": Look(fill=_BOUNDARY, ground="", line=_BOUNDARY, width=1.4, dash="10 3 2 3"),
}
"""Layers that make a quiet ground where they are loaded, from below: built-up areas, water, boundaries."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """A layer that can be shown on a map.

    Attributes
    ----------
    id : str
        Of the collection; vector tiles name their layer like it.
    title : str
        In the language of the page.
    theme : Theme
    symbology : Symbology
    address : str
        Of its tiles, with ``{z}``, ``{y}`` and ``{x}``.
    bounds : tuple of float
        West, south, east, north in degrees: no tile is asked for outside.
    deepest : int
        Last level with tiles.
    attribution : str
        Who stands behind the data.
    is_raster : bool
        Tiles are pictures instead of vectors.
    """

    id: str
    title: str
    theme: Theme
    symbology: Symbology
    address: str
    bounds: tuple[float, float, float, float]
    deepest: int
    attribution: str = ""
    is_raster: bool = False


@dataclass(frozen=True, slots=True)
class GroundShapes:
    """Shapes of a layer that lie below everything on a drawn map, EPSG:3006, and who stands behind them."""

    look: Look
    shapes: tuple[BaseGeometry, ...]
    attribution: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a served map offers besides what it is about.

    Attributes
    ----------
    language : Language
    overlays : tuple of Overlay
        Layers that are loaded and open to whoever looks; none is shown before it is switched on.
    base_maps : tuple of BaseMap
        The first is shown; without any, our own layers make the ground.
    rest : Overlay or None
        Tiles of everything that was found, shown where there is too much of it for the map itself.
    """

    language: Language
    overlays: tuple[Overlay, ...] = ()
    base_maps: tuple[BaseMap, ...] = ()
    rest: Overlay | None = None

    @property
    def backdrop(self) -> tuple[Overlay, ...]:
        """The layers that make a quiet ground, drawn as such."""
        there = {overlay.id: overlay for overlay in self.overlays}
        return tuple(
            replace(there[layer], symbology=_all_alike(there[layer].symbology, look))
            for layer, look in BACKDROP.items()
            if layer in there
        )


def _all_alike(symbology: Symbology, look: Look) -> Symbology:
    return Symbology(None, symbology.kinds, (Symbol(None, symbology.symbols[0].label, look),))


def image_origins(base_maps: Iterable[BaseMap]) -> tuple[str, ...]:
    """Return the origins that base maps come from: those, and no others, a page's policy must let images come from.

    Examples
    --------
    >>> from geomiljo.settings import BaseMap
    >>> image_origins([BaseMap(sv="Karta", en="Map", url="https://karta.example/a/{z}/{y}/{x}.png", attribution="K")])
    ('https://karta.example',)
    """
    parts = (urlsplit(base_map.url) for base_map in base_maps)
    return tuple(dict.fromkeys(f"{part.scheme}://{part.netloc}" for part in parts))
