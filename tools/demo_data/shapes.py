"""Small tools for shapes: curves through points, smoothing, meanders, the 0.1 m grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from tools.demo_data.noise import Noise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

ORIGIN = (500_000.0, 6_600_000.0)
"""South-west corner of the invented landscape in EPSG:3006."""
PRECISION_M = 0.1

Place = tuple[float, float]
"""Kilometres east and north of :data:`ORIGIN`."""


def at(*places: Place) -> NDArray[np.float64]:
    """Return coordinates of places, shape (n, 2).

    Examples
    --------
    >>> at((1.5, 0)).tolist()
    [[501500.0, 6600000.0]]
    """
    return np.array(places) * 1000.0 + ORIGIN


def curve(*places: Place, step_m: float = 60.0) -> shapely.LineString:
    """Return a smooth line through places."""
    corners = at(*places)
    padded = np.vstack([2 * corners[0] - corners[1], corners, 2 * corners[-1] - corners[-2]])
    return shapely.LineString(np.vstack([_through(padded, step_m), corners[-1:]]))


def blob(*places: Place, step_m: float = 60.0) -> shapely.Polygon:
    """Return a smooth closed outline through places."""
    corners = at(*places)
    made: shapely.Polygon = shapely.Polygon(_through(np.vstack([corners[-1:], corners, corners[:2]]), step_m))
    return made


def _through(corners: NDArray[np.float64], step_m: float) -> NDArray[np.float64]:
    """Return points along a Catmull-Rom spline from the second corner to the last but one."""
    pieces = []
    for a, b, c, d in zip(corners, corners[1:], corners[2:], corners[3:], strict=False):
        count = max(2, round(float(np.hypot(*(c - b))) / step_m))
        t = np.linspace(0, 1, count, endpoint=False)[:, None]
        pieces.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return np.vstack(pieces)


def wander(line: BaseGeometry, noise: Noise, height_m: float, wavelength_m: float, octaves: int = 3) -> BaseGeometry:
    """Push the vertices of lines and outlines about, as nature and old boundaries do."""

    def push(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = coordinates[:, 0], coordinates[:, 1]
        east = noise.at(x, y, wavelength_m, octaves)
        north = noise.at(x + 5_171, y - 3_313, wavelength_m, octaves)
        return coordinates + height_m * np.column_stack([east, north])

    return shapely.transform(line, push)


def rounded(shape: BaseGeometry, rounds: int = 1) -> BaseGeometry:
    """Cut the corners of lines and outlines (Chaikin)."""
    for _round in range(rounds):
        shape = _with_vertices(shape, _cut_corners)
    return shape


def _cut_corners(vertices: NDArray[np.float64], is_ring: bool) -> NDArray[np.float64]:
    start, end = vertices[:-1], vertices[1:]
    cut = np.stack([0.75 * start + 0.25 * end, 0.25 * start + 0.75 * end], axis=1).reshape(-1, 2)
    if is_ring:
        return np.vstack([cut, cut[:1]])
    return np.vstack([vertices[:1], cut[1:-1], vertices[-1:]])


def _with_vertices(
    shape: BaseGeometry, change: Callable[[NDArray[np.float64], bool], NDArray[np.float64]]
) -> BaseGeometry:
    if shape.geom_type == "LineString":
        return shapely.LineString(change(shapely.get_coordinates(shape), False))
    if shape.geom_type == "Polygon":
        rings = [shapely.get_coordinates(ring) for ring in (shape.exterior, *shape.interiors)]
        changed = [change(ring, True) for ring in rings]
        return shapely.Polygon(changed[0], changed[1:])
    parts = [_with_vertices(part, change) for part in shapely.get_parts(shape)]
    return shapely.multilinestrings(parts) if "Line" in shape.geom_type else shapely.multipolygons(parts)


def meander(line: shapely.LineString, noise: Noise, height_m: float, wavelength_m: float) -> shapely.LineString:
    """Let a line swing to both sides, more in some stretches than in others; its ends stay."""
    length = line.length
    s = np.arange(0, length, 18.0)
    place = shapely.get_coordinates(shapely.line_interpolate_point(line, s))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(line, np.minimum(s + 30, length)))
    behind = shapely.get_coordinates(shapely.line_interpolate_point(line, np.maximum(s - 30, 0)))
    direction = ahead - behind
    direction /= np.hypot(*direction.T)[:, None]
    swing = noise.at(s, np.full_like(s, 77.7), wavelength_m, 2)
    vigour = 0.35 + 0.65 * np.clip(0.5 + noise.at(s, np.full_like(s, 913.1), 6 * wavelength_m), 0, 1)
    ends = np.minimum(1, np.minimum(s, length - s) / 250)
    moved = place + (height_m * 1.6 * swing * vigour * ends)[:, None] * np.column_stack(
        [-direction[:, 1], direction[:, 0]]
    )
    made = shapely.LineString(np.vstack([moved, shapely.get_coordinates(line)[-1:]]))
    return shapely.LineString(shapely.get_coordinates(rounded(made, 2)))


def on_grid(shape: BaseGeometry) -> BaseGeometry:
    """Return a shape on the 0.1 m grid, valid."""
    snapped: BaseGeometry = shapely.set_precision(shape, PRECISION_M)
    return snapped


def merged(shapes: Iterable[BaseGeometry]) -> BaseGeometry:
    """Return the union of shapes."""
    united: BaseGeometry = shapely.union_all(list(shapes))
    return united


def polygons(shape: BaseGeometry, least_m2: float = 0.0) -> list[shapely.Polygon]:
    """Return the polygons in a shape that have at least some area, in a fixed order."""
    parts = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon" and p.area >= max(least_m2, 1e-9)]
    return sorted(parts, key=lambda part: (round(part.centroid.x), round(part.centroid.y)))


def without_specks(shape: BaseGeometry, least_m2: float) -> BaseGeometry:
    """Drop small parts and fill small holes."""
    kept = []
    for part in polygons(shape, least_m2):
        holes = [hole for hole in part.interiors if shapely.Polygon(hole).area >= least_m2]
        kept.append(shapely.Polygon(part.exterior, holes))
    return shapely.multipolygons(kept)


def softened(shape: BaseGeometry, least_m2: float, tolerance_m: float = 1.5) -> BaseGeometry:
    """Return an outline read off a grid as a surveyor would draw it: rounded, without specks and needless vertices."""
    soft = shapely.make_valid(rounded(without_specks(shape, least_m2), 2))
    return shapely.simplify(merged(polygons(soft)), tolerance_m)


def natural(place: Place, radius_m: float, seed: int, stretch: float = 1.0, bearing: float = 0.0) -> shapely.Polygon:
    """Return an irregular closed outline around a place, as of a lake or a stand of trees.

    Parameters
    ----------
    stretch : float
        Length over width.
    bearing : float
        Direction of the length, degrees from east towards north.
    """
    noise = Noise(seed)
    angle = np.linspace(0, 2 * np.pi, max(24, round(radius_m / 6)), endpoint=False)
    uneven = noise.at(1.6 * np.cos(angle) + 9, 1.6 * np.sin(angle) + 9, 1.0, 3)
    radius = radius_m * (1 + 0.33 * np.clip(uneven, -1.6, 1.6))
    ring = np.column_stack([radius * np.cos(angle) * np.sqrt(stretch), radius * np.sin(angle) / np.sqrt(stretch)])
    turn = np.radians(bearing)
    turned = ring @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    made: shapely.Polygon = shapely.Polygon(turned + at(place)[0])
    return made


def plot(place: Place, length_m: float, width_m: float, bearing: float = 0.0) -> shapely.Polygon:
    """Return a rectangle such as a property or a building."""
    x, y = length_m / 2, width_m / 2
    turn = np.radians(bearing)
    corners = np.array([[-x, -y], [x, -y], [x, y], [-x, y]])
    turned = corners @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    made: shapely.Polygon = shapely.Polygon(turned + at(place)[0])
    return made
