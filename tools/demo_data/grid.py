"""A regular grid over the municipality, and outlines of where a field lies below a level."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

_OUTSIDE = 1e6


@dataclass(frozen=True)
class Grid:
    """Grid points in EPSG:3006.

    Attributes
    ----------
    west, south : float
        Coordinates of the first point.
    step : float
        Metres between points.
    columns, rows : int
        Number of points.
    """

    west: float
    south: float
    step: float
    columns: int
    rows: int

    @classmethod
    def over(cls, bounds: tuple[float, float, float, float], step: float) -> Grid:
        """Return a grid that covers a rectangle (west, south, east, north)."""
        west, south, east, north = bounds
        return cls(west, south, step, round((east - west) / step) + 1, round((north - south) / step) + 1)

    @cached_property
    def x(self) -> NDArray[np.float64]:
        """Easting of every point, shape (rows, columns)."""
        return np.broadcast_to(self.west + self.step * np.arange(self.columns), (self.rows, self.columns))

    @cached_property
    def y(self) -> NDArray[np.float64]:
        """Northing of every point, shape (rows, columns)."""
        return np.broadcast_to((self.south + self.step * np.arange(self.rows))[:, None], (self.rows, self.columns))

    @cached_property
    def points(self) -> NDArray[np.object_]:
        """Every point as a geometry, shape (rows, columns)."""
        made: NDArray[np.object_] = shapely.points(self.x, self.y)
        return made

    def distance_to(self, shape: BaseGeometry, reach: float | None = None) -> NDArray[np.float64]:
        """Return the distance of every point to a shape; points beyond `reach` get `reach`."""
        if reach is None:
            distance: NDArray[np.float64] = shapely.distance(self.points, shape)
            return distance
        result = np.full((self.rows, self.columns), reach)
        zone = shapely.buffer(shape, reach, quad_segs=4)
        near = self.inside(zone)
        shapely.prepare(shape)
        result[near] = shapely.distance(self.points[near], shape)
        return result

    def inside(self, shape: BaseGeometry) -> NDArray[np.bool_]:
        """Tell which points lie in a shape."""
        shapely.prepare(shape)
        within: NDArray[np.bool_] = shapely.contains_xy(shape, self.x, self.y)
        return within

    def sample(
        self, values: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return a field at any places, bilinear between grid points."""
        column = np.clip((x - self.west) / self.step, 0, self.columns - 1.001)
        row = np.clip((y - self.south) / self.step, 0, self.rows - 1.001)
        i, j = column.astype(np.int64), row.astype(np.int64)
        dx, dy = column - i, row - j
        south = values[j, i] * (1 - dx) + values[j, i + 1] * dx
        north = values[j + 1, i] * (1 - dx) + values[j + 1, i + 1] * dx
        sampled: NDArray[np.float64] = south * (1 - dy) + north * dy
        return sampled

    def below(self, values: NDArray[np.float64], level: float) -> BaseGeometry:
        """Return the area where a field is below a level, its outline interpolated between grid points."""
        field = np.pad(np.round(values - level, 4), 1, constant_values=_OUTSIDE)
        field = np.where(field == 0, 1e-4, field)
        outline = _outline(field)
        if not len(outline):
            return shapely.MultiPolygon()
        outline[..., 0] = np.clip(outline[..., 0] - 1, 0, self.columns - 1) * self.step + self.west
        outline[..., 1] = np.clip(outline[..., 1] - 1, 0, self.rows - 1) * self.step + self.south
        rings = shapely.line_merge(shapely.multilinestrings(shapely.linestrings(np.round(outline, 3))))
        return shapely.make_valid(shapely.build_area(rings))


def _outline(field: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the pieces of the zero line, one or two in each cell it crosses, shape (n, 2, 2), in grid units."""
    low, right, top, left = _crossings(field)
    inside = field < 0
    case = inside[:-1, :-1] + 2 * inside[:-1, 1:] + 4 * inside[1:, 1:] + 8 * inside[1:, :-1]
    saddle_joined = (field[:-1, :-1] + field[:-1, 1:] + field[1:, 1:] + field[1:, :-1]) < 0
    sides = {"low": low, "right": right, "top": top, "left": left}
    pieces = []
    for number, ways in _WAYS.items():
        chosen = case == number
        if number in _SADDLES:
            pieces += _cut(sides, chosen & ~saddle_joined, ways)
            pieces += _cut(sides, chosen & saddle_joined, _WAYS_JOINED[number])
        else:
            pieces += _cut(sides, chosen, ways)
    return np.concatenate(pieces)


_SADDLES = (5, 10)
_WAYS: dict[int, tuple[tuple[str, str], ...]] = {
    1: (("low", "left"),),
    2: (("low", "right"),),
    3: (("left", "right"),),
    4: (("right", "top"),),
    5: (("low", "left"), ("right", "top")),
    6: (("low", "top"),),
    7: (("left", "top"),),
    8: (("left", "top"),),
    9: (("low", "top"),),
    10: (("low", "right"), ("left", "top")),
    11: (("right", "top"),),
    12: (("left", "right"),),
    13: (("low", "right"),),
    14: (("low", "left"),),
}
_WAYS_JOINED: dict[int, tuple[tuple[str, str], ...]] = {
    5: (("low", "right"), ("left", "top")),
    10: (("low", "left"), ("right", "top")),
}


def _cut(
    sides: dict[str, NDArray[np.float64]], chosen: NDArray[np.bool_], ways: tuple[tuple[str, str], ...]
) -> list[NDArray[np.float64]]:
    return [np.stack([sides[start][chosen], sides[end][chosen]], axis=1) for start, end in ways]


def _crossings(field: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Return for each cell where the zero line crosses its lower, right, upper and left side, shape (r, c, 2)."""
    rows, columns = field.shape
    x, y = np.meshgrid(np.arange(columns, dtype=np.float64), np.arange(rows, dtype=np.float64))
    with np.errstate(divide="ignore", invalid="ignore"):
        along_x = field[:, :-1] / (field[:, :-1] - field[:, 1:])
        along_y = field[:-1] / (field[:-1] - field[1:])
    flat = np.stack([x[:, :-1] + along_x, y[:, :-1]], axis=-1)
    upright = np.stack([x[:-1], y[:-1] + along_y], axis=-1)
    return flat[:-1], upright[:, 1:], flat[1:], upright[:, :-1]
