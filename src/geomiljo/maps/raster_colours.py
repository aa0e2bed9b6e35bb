"""How the cells of a raster are drawn: colours from the class table or the ramp of the register."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geomiljo.analysis.cover import CoverTable
from geomiljo.catalogue.base import Text
from geomiljo.maps.symbology import Look, Symbol, Symbology
from geomiljo.units import format_decimals

if TYPE_CHECKING:
    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.layers import Layer

Rgb = tuple[int, int, int]
_UNKNOWN: Rgb = (128, 128, 128)
_LOW_TO_HIGH = ("#440154", "#3b528b", "#21918c", "#5ec962", "#fde725")
"""Ramp of measured values that the register gives none: viridis, whose order everybody sees."""
_LINE = "#8a9499"


@dataclass(frozen=True, slots=True)
class CellColour:
    """A value of the cells with its name and colour."""

    value: float
    label: Text
    rgb: Rgb

    @property
    def colour(self) -> str:
        """As it stands in style sheets."""
        return "#{:02x}{:02x}{:02x}".format(*self.rgb)


@dataclass(frozen=True, slots=True)
class RasterColours:
    """The colours of a raster.

    Attributes
    ----------
    entries : tuple of CellColour
        In the order of the legend.
    is_coded : bool
        Each value has its colour; otherwise colours are blended between the values, which rise.
    """

    entries: tuple[CellColour, ...]
    is_coded: bool

    def colormap(self) -> dict[int, tuple[int, int, int, int]]:
        """Return the colour of each code, or of 256 even steps from the first value to the last."""
        if self.is_coded:
            return {int(entry.value): (*entry.rgb, 255) for entry in self.entries}
        steps = np.linspace(self.entries[0].value, self.entries[-1].value, 256)
        values = [entry.value for entry in self.entries]
        bands = [np.interp(steps, values, [entry.rgb[band] for entry in self.entries]) for band in range(3)]
        red, green, blue = (np.rint(band).astype(int).tolist() for band in bands)
        return {step: (red[step], green[step], blue[step], 255) for step in range(256)}

    @property
    def symbology(self) -> Symbology:
        """The entries as symbols, for the legend."""
        symbols = (
            Symbol(str(entry.value), entry.label, Look(fill=entry.colour, ground=entry.colour, line=_LINE, width=1))
            for entry in self.entries
        )
        return Symbology(None, ("polygon",), tuple(symbols))


def raster_colours(
    catalogue: Catalogue, layer: Layer, cover_set: str | None, least: float, most: float
) -> RasterColours:
    """Return the colours of a raster layer.

    Parameters
    ----------
    cover_set : str or None
        Class table of land cover that the values are of.
    least, most : float
        Lowest and highest value that was loaded, where the register gives no ramp.
    """
    spec = layer.raster
    if cover_set is not None:
        return RasterColours(_of_cover(CoverTable.of(catalogue, cover_set)), is_coded=True)
    if spec is not None and spec.class_table:
        coded = (CellColour(code, title, _rgb(spec.colours[code])) for code, title in spec.class_table.items())
        return RasterColours(tuple(coded), is_coded=True)
    ramp = spec.ramp if spec is not None else ()
    if not ramp:
        values = np.linspace(least, most if most > least else least + 1, len(_LOW_TO_HIGH)).tolist()
        ramp = tuple(zip(values, _LOW_TO_HIGH, strict=True))
    unit, decimals = spec.unit if spec is not None else "", _worth_showing(ramp[-1][0] - ramp[0][0])
    return RasterColours(
        tuple(CellColour(at, _told(at, unit, decimals), _rgb(colour)) for at, colour in ramp), is_coded=False
    )


def _of_cover(table: CoverTable) -> tuple[CellColour, ...]:
    return tuple(
        CellColour(code, table.classes[column].name, table.classes[column].rgb or _UNKNOWN)
        for code, column in table.codes.items()
    )


def _worth_showing(span: float) -> int:
    """Return the decimals that tell the values of a ramp apart."""
    return 0 if span >= 20 else 1 if span >= 2 else 2


def _told(value: float, unit: str, decimals: int) -> Text:
    swedish, english = (format_decimals(value, decimals, language) for language in ("sv", "en"))
    return Text(sv=f"{swedish} {unit}", en=f"{english} {unit}")


def _rgb(colour: str) -> Rgb:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue
