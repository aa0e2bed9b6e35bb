"""The shape of the land: valleys with clay, a lake, an esker, forested heights with mires."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely

from tools.demo_data.grid import Grid
from tools.demo_data.noise import Noise, smoothstep
from tools.demo_data.shapes import ORIGIN, at, curve, meander, merged, polygons, softened

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

SEED = 1899
SIZE_KM = (20.0, 16.0)
LAKE_LEVEL = 62.0
"""Metres above the sea."""

RIVER_ABOVE = curve(
    (-0.6, 14.3), (1.6, 12.9), (3.4, 11.9), (5.0, 11.3), (6.4, 10.3), (7.6, 9.75), (8.5, 9.0), (9.35, 8.35)
)
RIVER_BELOW = curve((12.1, 2.3), (13.4, 1.65), (15.2, 1.3), (17.6, 0.3), (20.6, -0.7))
EAST_VALLEY = curve((20.6, 13.0), (18.0, 12.0), (15.7, 10.5), (13.7, 9.5), (12.2, 8.5))
WEST_VALLEY = curve((1.0, 1.6), (4.0, 2.2), (6.6, 3.5), (9.6, 4.3))
LAKE_AXIS = (
    (9.55, 8.1, 0.30),
    (9.9, 7.2, 0.62),
    (10.35, 5.9, 0.70),
    (10.1, 4.6, 0.85),
    (10.8, 3.4, 0.55),
    (12.0, 2.4, 0.22),
)
"""Places along the lake with its half width, kilometres."""
BAY_AXIS = ((10.3, 7.2, 0.4), (11.3, 8.0, 0.33), (12.1, 8.45, 0.2))
ESKER = curve(
    (7.1, 16.6), (7.0, 14.0), (7.25, 12.0), (7.05, 10.6), (7.3, 9.2), (7.0, 7.6), (6.4, 5.6), (6.3, 3.0), (5.6, -0.6)
)


@dataclass(frozen=True)
class Terrain:
    """Heights on a grid, and the fields that soils, mires and woods follow.

    Attributes
    ----------
    grid : Grid
    height : ndarray of float64
        Metres above the sea.
    upland : ndarray of float64
        0 on valley floors, 1 on the forested heights.
    wetness : ndarray of float64
        High where water stays on the heights.
    above_water : ndarray of float64
        Metres above the nearest stretch of lake or river; large far from both.
    lake, river : polygon
        Open water; the river does not reach into the lake.
    river_line : MultiLineString
        Middle of the river.
    """

    grid: Grid
    height: NDArray[np.float64]
    upland: NDArray[np.float64]
    wetness: NDArray[np.float64]
    above_water: NDArray[np.float64]
    lake: BaseGeometry
    river: BaseGeometry
    river_line: BaseGeometry


def frame() -> tuple[float, float, float, float]:
    """Return the rectangle that the landscape fills: west, south, east, north."""
    east, north = at(SIZE_KM)[0]
    return (*ORIGIN, float(east), float(north))


def shape_terrain() -> Terrain:
    """Return the land that everything else lies on."""
    grid = Grid.over(frame(), 25.0)
    x, y = grid.x, grid.y
    broad, fine = Noise(SEED), Noise(SEED + 1)
    upland, floor = _valleys(grid, broad)
    height = floor + 7 * smoothstep(upland, 0.0, 0.2) + 58 * upland
    height += upland * (20 * broad.at(x, y, 2600, 2) + 9 * fine.at(x, y, 900, 3)) + 0.5 * fine.at(x, y, 300, 3)
    height += _knolls(grid, fine, upland)
    height = _with_lake(grid, height, broad, fine)
    height = height + _esker_height(grid, fine)
    lines = [meander(RIVER_ABOVE, Noise(SEED + 2), 62, 420), meander(RIVER_BELOW, Noise(SEED + 3), 55, 380)]
    height, above_river = _with_rivers(grid, height, lines, fine)
    lake = _lake(grid, height)
    above_water = np.minimum(above_river, np.where(grid.distance_to(lake, 900) < 900, height - LAKE_LEVEL, 99.0))
    river = merged(_river_area(line, Noise(SEED + 4), 6.0 if n == 0 else 8.0) for n, line in enumerate(lines))
    middle = shapely.multilinestrings([_outside(line, lake) for line in lines])
    wetness = upland * (-fine.at(x + 9_000, y, 1300, 4)) - 0.25 * (1 - upland)
    return Terrain(grid, height, upland, wetness, above_water, lake, shapely.difference(river, lake), middle)


def _valleys(grid: Grid, noise: Noise) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how far up from the valley floor each point is (0 to 1), and the level of that floor."""
    x, y = grid.x, grid.y
    warped = shapely.points(x + 420 * noise.at(x, y, 2400, 3), y + 420 * noise.at(x + 7_000, y, 2400, 3))
    lake = shapely.LineString(at(*((east, north) for east, north, _width in LAKE_AXIS)))
    distance = np.full(x.shape, np.inf)
    for axis, half_width, slope in (
        (RIVER_ABOVE, 850, 2600),
        (RIVER_BELOW, 350, 2600),
        (EAST_VALLEY, 600, 2400),
        (WEST_VALLEY, 300, 1900),
        (lake, 900, 2300),
    ):
        away = (shapely.distance(warped, shapely.simplify(axis, 20)) - half_width) / slope
        distance = np.minimum(distance, away)
    from_lake = grid.distance_to(shapely.union(lake, shapely.LineString(at(*(p[:2] for p in BAY_AXIS)))))
    return smoothstep(distance, 0.0, 1.0), LAKE_LEVEL + 1.5 + 0.0009 * np.maximum(from_lake - 700, 0)


def _knolls(grid: Grid, noise: Noise, upland: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the moraine knolls that stick out of the clay."""
    bumps = np.maximum(noise.at(grid.x - 4_000, grid.y, 560, 3) - 0.34, 0)
    return 34 * bumps * (1 - smoothstep(upland, 0.3, 0.8))


def _with_lake(grid: Grid, height: NDArray[np.float64], broad: Noise, fine: Noise) -> NDArray[np.float64]:
    x, y = grid.x, grid.y
    warped = (x + 260 * broad.at(x, y + 900, 1500, 3), y + 260 * broad.at(x + 3_000, y, 1500, 3))
    away = np.minimum(_from_axis(LAKE_AXIS, *warped), _from_axis(BAY_AXIS, *warped))
    bed = LAKE_LEVEL + 8 * np.tanh(away / 420) + 3.2 * broad.at(x, y, 900, 2) + 2.0 * fine.at(x, y, 330, 4)
    share = smoothstep(away, 150, 900)
    return bed * (1 - share) + np.maximum(height, LAKE_LEVEL + 0.6) * share


def _from_axis(
    axis: tuple[tuple[float, float, float], ...], x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the distance to the edge of a ribbon of changing width; negative inside."""
    nearest = np.full(x.shape, np.inf)
    for (ax, ay, aw), (bx, by, bw) in pairwise(axis):
        (x0, y0), (x1, y1) = at((ax, ay), (bx, by))
        t = np.clip(((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / ((x1 - x0) ** 2 + (y1 - y0) ** 2), 0, 1)
        away = np.sqrt((x - x0 - t * (x1 - x0)) ** 2 + (y - y0 - t * (y1 - y0)) ** 2)
        nearest = np.minimum(nearest, away - 1000 * (aw + t * (bw - aw)))
    return nearest


def _esker_height(grid: Grid, noise: Noise) -> NDArray[np.float64]:
    distance = grid.distance_to(ESKER, 700.0) + 60 * noise.at(grid.x, grid.y, 400, 2)
    crest = 11 + 7 * noise.at(grid.x, grid.y, 1500, 2)
    return np.maximum(crest, 2) * np.exp(-((np.maximum(distance, 0) / 130) ** 2))


def _with_rivers(
    grid: Grid, height: NDArray[np.float64], lines: list[shapely.LineString], noise: Noise
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cut the rivers' floodplains into the land; return heights, and heights above the river."""
    above = np.full(height.shape, 99.0)
    reach = 900.0
    for line, lake_end in zip(lines, (-1, 0), strict=True):
        distance = grid.distance_to(line, reach)
        to_lake = grid.distance_to(shapely.Point(line.coords[lake_end]))
        level = LAKE_LEVEL + (0.0009 if lake_end else -0.0007) * to_lake
        rough = 1 + 0.55 * noise.at(grid.x, grid.y, 520, 3)
        bank = level + 0.5 + 4.2 * rough * (np.maximum(distance - 15, 0) / 330) ** 1.25
        near = distance < reach
        share = smoothstep(distance, 300, reach)
        height = np.where(near, np.minimum(height, bank) * (1 - share) + height * share, height)
        above = np.minimum(above, np.where(near, height - level, 99.0))
    return height, above


def _lake(grid: Grid, height: NDArray[np.float64]) -> BaseGeometry:
    everything = softened(grid.below(height, LAKE_LEVEL), 1_500, 1.0)
    middle = shapely.Point(at((10.3, 5.9))[0])
    return next(part for part in polygons(everything) if part.distance(middle) < 400 and part.area > 1e6)


def _river_area(line: shapely.LineString, noise: Noise, half_width: float) -> BaseGeometry:
    """Return the river's surface, wider and narrower along its way."""
    places = shapely.get_coordinates(line)
    width = half_width * (1 + 0.35 * noise.at(places[:, 0], places[:, 1], 300, 2))
    pieces = [
        shapely.LineString([a, b]).buffer(w, quad_segs=2) for a, b, w in zip(places, places[1:], width, strict=False)
    ]
    return shapely.simplify(merged(pieces), 0.6)


def _outside(line: shapely.LineString, lake: BaseGeometry) -> shapely.LineString:
    parts = shapely.get_parts(shapely.difference(line, lake))
    return max(parts, key=lambda part: part.length)
