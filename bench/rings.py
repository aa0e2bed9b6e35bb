"""Random shapes, many at a time: star-shaped fractal polygons, wandering lines, areas to check."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

_ROUGHNESS, _FIRST_OCTAVE, _DEEPEST_OCTAVE = 0.6, 0.3, 16
_HOLE_SHARE, _HOLE_WIDTH, _HOLE_VERTICES = 0.08, 0.15, 12
LINE_STEP_M = 25.0


def _angles(vertices: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return for each vertex of each ring its ring and its angle."""
    owner = np.repeat(np.arange(len(vertices)), vertices)
    first = np.repeat(np.cumsum(vertices) - vertices, vertices)
    return owner, 2 * np.pi * (np.arange(len(owner)) - first) / vertices[owner]


def stars(
    rng: np.random.Generator, centre: NDArray[np.float64], radius: NDArray[np.float64], vertices: NDArray[np.int64]
) -> NDArray[np.object_]:
    """Return star-shaped polygons whose outline is rough at every scale that their vertices can show.

    Parameters
    ----------
    centre : ndarray of float, shape (n, 2)
    radius : ndarray of float, shape (n,)
        Mean radius in metres; the outline stays between a quarter of it and 1.75 times it.
    vertices : ndarray of int, shape (n,)
        At least 4.
    """
    owner, angle = _angles(vertices)
    relative = np.ones(len(owner))
    for octave in range(_DEEPEST_OCTAVE):
        waves = 2**octave
        shown = vertices >= 3 * waves
        if not shown.any():
            break
        phase = rng.uniform(0, 2 * np.pi, len(vertices))
        height = _FIRST_OCTAVE * _ROUGHNESS**octave * rng.uniform(0.3, 1.0, len(vertices)) * shown
        at = np.flatnonzero(shown[owner])
        relative[at] += height[owner[at]] * np.cos(waves * angle[at] + phase[owner[at]])
    away = radius[owner] * relative
    outline = centre[owner] + np.column_stack([away * np.cos(angle), away * np.sin(angle)])
    shells = shapely.linearrings(outline, indices=owner)
    polygons: NDArray[np.object_] = shapely.polygons(shells)
    holed = np.flatnonzero((rng.random(len(vertices)) < _HOLE_SHARE) & (vertices >= _HOLE_VERTICES))
    if holed.size:
        polygons[holed] = _with_hole(polygons[holed], centre[holed], radius[holed])
    return polygons


def _with_hole(
    polygons: NDArray[np.object_], centre: NDArray[np.float64], radius: NDArray[np.float64]
) -> NDArray[np.object_]:
    owner, angle = _angles(np.full(len(polygons), _HOLE_VERTICES))
    around = np.column_stack([np.cos(angle), np.sin(angle)]) * (_HOLE_WIDTH * radius[owner])[:, None]
    holes = shapely.linearrings(centre[owner] + around, indices=owner)
    pairs = zip(shapely.get_exterior_ring(polygons), holes, strict=True)
    return np.array([shapely.polygons(shell, [hole]) for shell, hole in pairs], dtype=object)


def walks(rng: np.random.Generator, start: NDArray[np.float64], vertices: NDArray[np.int64]) -> NDArray[np.object_]:
    """Return lines that wander from their start in steps of 25 m."""
    owner = np.repeat(np.arange(len(vertices)), vertices)
    turn = rng.normal(0, 0.25, len(owner))
    first = np.cumsum(vertices) - vertices
    turn[first] = rng.uniform(0, 2 * np.pi, len(vertices))
    heading = np.cumsum(turn)
    heading -= np.repeat(heading[first] - turn[first], vertices)
    step = LINE_STEP_M * np.column_stack([np.cos(heading), np.sin(heading)])
    walked = np.cumsum(step, axis=0)
    walked -= np.repeat(walked[first], vertices, axis=0)
    lines: NDArray[np.object_] = shapely.linestrings(start[owner] + walked, indices=owner)
    return lines
