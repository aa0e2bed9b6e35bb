"""Sheets of paper with a stated scale: which ground of SWEREF 99 TM lies on them, and where on them a place is.

Lengths on paper are in CSS pixels, of which 96 go to an inch, so that symbols are as large as on the screen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geomiljo.maps.sheet import Bounds

Format = Literal["A4", "A3"]
Orientation = Literal["portrait", "landscape"]
MILLIMETRES_PER_INCH = 25.4
PIXELS_PER_INCH = 96.0
PIXELS_PER_MM = PIXELS_PER_INCH / MILLIMETRES_PER_INCH
SCALES = (250, 500, 1_000, 2_000, 4_000, 5_000, 8_000, 10_000, 15_000, 20_000, 25_000, 40_000, 50_000, 75_000)
"""Denominators that maps of plans have; larger grounds go on by hundred thousands."""
LARGEST_SCALE, SMALLEST_SCALE = 250, 5_000_000
"""Denominators that can be asked for."""
_PLAN_MARGIN = 1.12
"""How much more ground than the plan there is at least, each way."""
_NICE = (1, 2, 5, 10)


@dataclass(frozen=True, slots=True)
class Window:
    """A map on paper.

    Attributes
    ----------
    scale : int
        Denominator: a metre on the paper is so many on the ground.
    width_mm, height_mm : float
        On paper.
    east, north : float
        Middle, in metres of SWEREF 99 TM.
    """

    scale: int
    width_mm: float
    height_mm: float
    east: float
    north: float

    @property
    def width(self) -> float:
        """In pixels."""
        return self.width_mm * PIXELS_PER_MM

    @property
    def height(self) -> float:
        """In pixels."""
        return self.height_mm * PIXELS_PER_MM

    @property
    def metres_per_pixel(self) -> float:
        """Ground that a pixel covers."""
        return self.scale / 1_000 / PIXELS_PER_MM

    @property
    def bounds(self) -> Bounds:
        """The ground on the map."""
        across, up = self.width_mm * self.scale / 2_000, self.height_mm * self.scale / 2_000
        return self.east - across, self.north - up, self.east + across, self.north + up

    def place(self, coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return places on the map, in pixels from its upper left corner."""
        west, _south, _east, north = self.bounds
        pixels = (coordinates - (west, north)) / self.metres_per_pixel
        return np.column_stack([pixels[:, 0], -pixels[:, 1]])

    def placed(self, geometries: Sequence[BaseGeometry]) -> list[BaseGeometry]:
        """Return geometries as they lie on the map, cut to a little more than it."""
        west, south, east, north = self.bounds
        reach = max(east - west, north - south) / 50
        around = (west - reach, south - reach, east + reach, north + reach)
        return [shapely.transform(shapely.clip_by_rect(geometry, *around), self.place) for geometry in geometries]

    def holds(self, bounds: Bounds) -> bool:
        """Return whether all of a ground lies on the map."""
        west, south, east, north = self.bounds
        return west <= bounds[0] and south <= bounds[1] and bounds[2] <= east and bounds[3] <= north


def window_on(bounds: Bounds, width_mm: float, height_mm: float, scale: int | None = None) -> Window:
    """Return a map with a ground in the middle, by default in the largest of the usual scales that shows all of it."""
    west, south, east, north = bounds
    if scale is None:
        least = max((east - west) / width_mm, (north - south) / height_mm) * 1_000 * _PLAN_MARGIN
        scale = next((usual for usual in SCALES if usual >= least), math.ceil(least / 100_000) * 100_000)
    return Window(scale, width_mm, height_mm, (west + east) / 2, (south + north) / 2)


def nice_length(least: float) -> int:
    """Return the least of 1, 2, 5, 10, 20 … metres that is not below a length.

    Examples
    --------
    >>> nice_length(3.2), nice_length(120), nice_length(0.2)
    (5, 200, 1)
    """
    power = 10.0 ** math.floor(math.log10(least))
    return max(1, round(next(factor * power for factor in _NICE if factor * power >= least)))
