"""Places of labels: where the number of a finding points, and where the use letters of a part stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

UNKNOWN_USE = "?"
_MOST_FLAGS = 2
_APART = 0.07
"""Flags nearer one another than this share of the plan's size look for a better place in their shape."""
_TRIES = 7


@dataclass(frozen=True, slots=True)
class Flag:
    """A place that the number of a finding points at."""

    finding: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class UseLabel:
    """Use letters in the middle of a part, and how much room there is around them."""

    text: str
    x: float
    y: float
    room_m: float


def place_flags(
    shapes: Sequence[tuple[str, BaseGeometry]], uses: Sequence[UseLabel], size_m: float
) -> tuple[Flag, ...]:
    """Return a place or two for each finding, one to a shape, kept apart where shapes lie upon one another.

    Parameters
    ----------
    shapes : sequence of (str, Geometry)
        Finding and shape, the most important first.
    uses : sequence of UseLabel
        Labels to keep clear of.
    size_m : float
        Of the plan.
    """
    flags: list[Flag] = []
    taken = np.array([(use.x, use.y) for use in uses]).reshape(-1, 2)
    counts: dict[str, int] = {}
    for finding, geometry in shapes:
        counts[finding] = counts.get(finding, 0) + 1
        if counts[finding] <= (_MOST_FLAGS if shapely.get_dimensions(geometry) == 2 else 1):
            place = _free_place(geometry, taken, _APART * size_m)
            taken = np.vstack([taken, place])
            flags.append(Flag(finding, float(place[0]), float(place[1])))
    return tuple(flags)


def _free_place(geometry: BaseGeometry, taken: NDArray[np.float64], apart_m: float) -> NDArray[np.float64]:
    """Return the middle of the shape, or the place in it that is farthest from what is taken."""
    middle = np.array(_middle(geometry)[:2])
    if not len(taken) or _distance(middle[None], taken)[0] >= apart_m:
        return middle
    others = np.vstack([middle, _places_in(geometry)])
    return np.asarray(others[int(np.argmax(_distance(others, taken)))])


def _distance(places: NDArray[np.float64], taken: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far each place is from the nearest taken one."""
    return np.asarray(np.linalg.norm(places[:, None] - taken[None], axis=2).min(axis=1))


def _middle(geometry: BaseGeometry) -> tuple[float, float, float]:
    """Return a place well inside, and how far it is from the edge: the centre of the largest inscribed circle."""
    if shapely.get_dimensions(geometry) == 2 and geometry.area > 0:
        parts = shapely.get_parts(geometry)
        largest = parts[int(np.argmax(shapely.area(parts)))]
        radius = shapely.maximum_inscribed_circle(largest)
        x, y = shapely.get_coordinates(radius)[0]
        return float(x), float(y), float(radius.length)
    inner = shapely.point_on_surface(geometry)
    if shapely.get_dimensions(geometry) == 1:
        inner = shapely.line_interpolate_point(shapely.get_parts(geometry)[0], 0.5, normalized=True)
    return float(inner.x), float(inner.y), 0.0


def _places_in(geometry: BaseGeometry) -> NDArray[np.float64]:
    """Return places spread over a shape, on a grid or along the line; none where there is no room."""
    if shapely.get_dimensions(geometry) == 1:
        along = np.linspace(0.05, 0.95, _TRIES)
        on_line = shapely.line_interpolate_point(shapely.get_parts(geometry)[0], along, normalized=True)
        return np.asarray(shapely.get_coordinates(on_line))
    west, south, east, north = geometry.bounds
    steps = (np.arange(_TRIES) + 0.5) / _TRIES
    grid = np.array([(west + u * (east - west), south + v * (north - south)) for u in steps for v in steps])
    return np.asarray(grid[shapely.contains_xy(geometry, grid)])


def place_uses(uses: Sequence[tuple[str, ...] | None], parts: Sequence[BaseGeometry]) -> tuple[UseLabel, ...]:
    """Return the use letters of each part, with its middle; unknown uses are a question mark."""
    return tuple(UseLabel(use_text(use), *_middle(part)) for use, part in zip(uses, parts, strict=True))


def use_text(uses: tuple[str, ...] | None) -> str:
    """Return the codes of a part as plans write them: letters together, words apart.

    Examples
    --------
    >>> use_text(("B", "C")), use_text(("NATUR", "W")), use_text(None)
    ('BC', 'NATUR W', '?')
    """
    if not uses:
        return UNKNOWN_USE
    return ("" if all(len(use) == 1 for use in uses) else " ").join(uses)
