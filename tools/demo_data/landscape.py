"""The invented municipality: water, roads, places, and how the land lies between them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely

from tools.demo_data.noise import Noise, smoothstep
from tools.demo_data.shapes import Place, at, blob, curve, merged, natural, polygons, softened, wander
from tools.demo_data.terrain import ESKER, SEED, Terrain, frame, shape_terrain

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

TARN_LAKE = (3.4, 5.9)
TARNS: tuple[tuple[str, Place, float], ...] = (
    ("Svarttjärnen", (16.3, 6.1), 105),
    ("Abborrtjärnen", (5.0, 14.2), 85),
    ("Lilltjärnen", (13.6, 14.4), 48),
    ("Mossgölen", (2.2, 3.9), 40),
)
BROOKS: tuple[tuple[str, float, tuple[Place, ...]], ...] = (
    ("Kvarnbäcken", 4.0, ((3.8, 6.0), (4.9, 6.5), (5.9, 6.2), (7.5, 6.5), (8.6, 6.3), (9.5, 6.1), (10.0, 6.0))),
    ("Mossbäcken", 2.5, ((17.9, 4.4), (16.4, 4.6), (14.8, 4.3), (13.2, 4.6), (12.2, 4.5), (10.9, 4.4))),
    ("Österdiket", 1.5, ((17.6, 11.5), (16.0, 10.4), (14.4, 9.6), (13.2, 9.0), (12.2, 8.45))),
    ("Tjärnbäcken", 1.8, ((5.0, 14.2), (5.5, 13.2), (5.4, 12.3), (6.0, 11.4), (6.3, 10.4))),
    ("Sörån", 5.0, ((0.2, 1.7), (2.2, 2.2), (4.2, 2.5), (6.2, 3.3), (8.0, 4.0), (9.3, 4.4))),
)
MAIN_ROAD = curve(
    (-0.3, 11.7), (2.5, 11.0), (4.6, 10.2), (6.3, 9.6), (7.6, 9.25), (8.35, 9.4), (9.2, 9.45), (10.6, 9.5),
    (12.4, 9.35), (14.2, 10.3), (16.2, 11.4), (18.4, 12.6), (20.4, 13.6),
)  # fmt: skip
SHORE_ROAD = curve(
    (12.4, 9.35), (12.75, 8.4), (12.3, 7.6), (11.9, 6.8), (11.65, 5.8), (11.6, 4.7), (12.2, 3.5), (13.3, 2.2),
    (15.4, 1.7), (17.8, 0.9), (20.3, 0.2),
)  # fmt: skip
NORTH_ROAD = curve((8.35, 9.4), (8.9, 10.2), (9.5, 11.0), (10.0, 12.4), (9.8, 14.2), (10.5, 16.2))
RAILWAY = curve(
    (6.2, -0.3), (6.75, 2.9), (6.95, 5.5), (7.6, 7.5), (8.05, 8.7), (8.1, 9.7), (7.85, 11.2), (8.3, 13.2), (8.6, 16.3)
)
TOWN = blob(
    (7.45, 9.1), (7.7, 8.7), (8.5, 8.5), (9.2, 8.55), (9.75, 9.0), (9.6, 9.75), (9.2, 10.3), (8.5, 10.5), (7.8, 10.2),
    (7.35, 9.7),
)  # fmt: skip
VILLAGES = {"Sörbyn": ((14.5, 10.15), 300.0), "Västanå": ((3.4, 11.0), 260.0), "Lindö": ((12.35, 6.4), 190.0)}
MANOR = (11.32, 6.72)
"""Lindö herrgård, on the point between the lake and its bay."""
CHURCH = (8.62, 9.16)
INDUSTRY = (10.52, 11.05)
"""Middle of the planned industrial area in the woods north-east of the town."""


@dataclass(frozen=True)
class Landscape:
    """Everything that layers are cut from."""

    terrain: Terrain

    @classmethod
    def make(cls) -> Landscape:
        """Shape the land."""
        return cls(shape_terrain())

    @cached_property
    def frame(self) -> BaseGeometry:
        """The rectangle that the data are an extract of."""
        return shapely.box(*frame())

    @cached_property
    def second_lake(self) -> BaseGeometry:
        """A lake of its own in the western woods."""
        return natural(TARN_LAKE, 480, seed=31, stretch=1.7, bearing=60)

    @cached_property
    def tarns(self) -> dict[str, BaseGeometry]:
        """Small waters of the woods, by name."""
        return {name: natural(place, radius, seed=40 + n) for n, (name, place, radius) in enumerate(TARNS)}

    @cached_property
    def brooks(self) -> dict[str, tuple[float, BaseGeometry]]:
        """Width in metres and middle line of each brook, by name; outside larger waters."""
        wide = merged([self.terrain.lake, self.terrain.river, self.second_lake, *self.tarns.values()])
        found = {}
        for number, (name, width, places) in enumerate(BROOKS):
            line = wander(curve(*places, step_m=25), Noise(700 + number), 55, 420, 4)
            outside = shapely.get_parts(shapely.difference(line, wide))
            found[name] = (width, shapely.intersection(max(outside, key=lambda part: part.length), self.frame))
        return found

    @cached_property
    def open_water(self) -> BaseGeometry:
        """Lakes, tarns and the river."""
        waters = [self.terrain.lake, self.terrain.river, self.second_lake, *self.tarns.values()]
        return shapely.intersection(merged(waters), self.frame)

    @cached_property
    def town(self) -> BaseGeometry:
        """The built-up area."""
        grown = wander(TOWN, Noise(51), 90, 380)
        return max(polygons(shapely.difference(grown, self.terrain.lake)), key=lambda part: part.area)

    @cached_property
    def villages(self) -> dict[str, BaseGeometry]:
        """Small built-up places, by name."""
        made = {n: natural(p, r, seed=60 + k, stretch=1.5) for k, (n, (p, r)) in enumerate(VILLAGES.items())}
        return {name: shapely.difference(shape, self.terrain.lake) for name, shape in made.items()}

    @cached_property
    def roads(self) -> BaseGeometry:
        """Middle lines of the larger roads."""
        return shapely.intersection(merged([MAIN_ROAD, SHORE_ROAD, NORTH_ROAD]), self.frame)

    @cached_property
    def railway(self) -> BaseGeometry:
        """Middle line of the railway."""
        return shapely.intersection(RAILWAY, self.frame)

    @cached_property
    def esker(self) -> BaseGeometry:
        """Gravel and sand of the esker."""
        grid = self.terrain.grid
        warp = 90 * Noise(71).at(grid.x, grid.y, 500, 3) + 110 * Noise(72).at(grid.x, grid.y, 2_300)
        area = softened(grid.below(grid.distance_to(ESKER, 900) + warp, 170), 20_000, 5)
        return shapely.difference(shapely.intersection(area, self.frame), self.open_water)

    @cached_property
    def peat(self) -> BaseGeometry:
        """Mires on the heights."""
        area = softened(self.terrain.grid.below(-self.terrain.wetness, -0.42), 15_000, 5)
        return shapely.difference(shapely.intersection(area, self.frame), merged([self.open_water, self.esker]))

    @cached_property
    def clay(self) -> BaseGeometry:
        """Clay of the valleys, without the knolls that stick out of it."""
        grid = self.terrain.grid
        knoll = smoothstep(Noise(SEED + 1).at(grid.x - 4_000, grid.y, 560, 3), 0.34, 0.44)
        warp = 0.09 * Noise(73).at(grid.x, grid.y, 800, 3)
        area = softened(grid.below(self.terrain.upland + warp + knoll, 0.30), 8_000, 5)
        return shapely.difference(shapely.intersection(area, self.frame), merged([self.open_water, self.esker]))

    @cached_property
    def flooded(self) -> dict[str, BaseGeometry]:
        """Ground under water at a 100-year flow, a 200-year flow and the highest calculated flow."""
        water = merged([self.terrain.lake, self.terrain.river])
        found = {}
        grid = self.terrain.grid
        away = grid.distance_to(water, 900) + 150 * Noise(74).at(grid.x, grid.y, 900, 3)
        for name, level, reach in (("100", 1.05, 330), ("200", 1.45, 430), ("BHF", 2.5, 560)):
            low = np.maximum(self.terrain.above_water - level, (away - reach) / 100)
            reached = merged([softened(self.terrain.grid.below(low, 0), 5_000, 4), water])
            parts = [part for part in polygons(shapely.intersection(reached, self.frame)) if part.intersects(water)]
            found[name] = merged(parts)
        return found

    def is_at(self, field: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return a field of the terrain at coordinates, shape (n,)."""
        return self.terrain.grid.sample(field, places[:, 0], places[:, 1])

    def scatter(self, count: int, seed: int, within: BaseGeometry, apart_m: float) -> list[shapely.Point]:
        """Return points in an area, at least so far apart, clear of the planned industrial area."""
        random = np.random.default_rng(seed)
        free = shapely.difference(within, shapely.Point(at(INDUSTRY)[0]).buffer(1_100))
        shapely.prepare(free)
        west, south, east, north = free.bounds
        found: list[shapely.Point] = []
        for x, y in zip(
            random.uniform(west, east, 400 * count), random.uniform(south, north, 400 * count), strict=True
        ):
            point = shapely.Point(round(x, 1), round(y, 1))
            if free.contains(point) and all(point.distance(other) >= apart_m for other in found):
                found.append(point)
            if len(found) == count:
                break
        return found
