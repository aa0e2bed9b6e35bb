"""Cutting objects into pieces of at most 128 vertices, so that a plan meets only what is near it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from geomiljo.geometry import geometry_array

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

MAX_VERTICES = 128
_DEEPEST = 48
_AREA_TOLERANCE = 1e-9


def subdivide(geometries: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.intp]]:
    """Return pieces of at most :data:`MAX_VERTICES` vertices, and the input each is from.

    Polygons are halved across their longer side until small enough; the halves share their new edge. Lines are only
    divided at vertices they have, so that a line along a boundary stays on it. Collections give the pieces of all
    their members; points are pieces as they are.

    Parameters
    ----------
    geometries : ndarray of Geometry, shape (n,)
        Valid, two-dimensional, in metres.

    Examples
    --------
    >>> disc = shapely.Point(0, 0).buffer(100, quad_segs=100)
    >>> pieces, source = subdivide(np.array([disc]))
    >>> len(pieces), round(shapely.area(pieces).sum()), set(source.tolist())
    (4, 31415, {0})
    """
    parts, source = _explode(geometries, np.arange(len(geometries)))
    dimension = shapely.get_dimensions(parts)
    done = [(parts[dimension == 0], source[dimension == 0])]
    done.append(_divide_lines(parts[dimension == 1], source[dimension == 1]))
    done.append(_divide_polygons(parts[dimension == 2], source[dimension == 2]))
    pieces = np.concatenate([piece for piece, _ in done])
    origin = np.concatenate([index for _, index in done])
    order = np.argsort(origin, kind="stable")
    return pieces[order], origin[order]


def _explode(geometries: NDArray[np.object_], source: NDArray[np.intp]) -> tuple[NDArray[np.object_], NDArray[np.intp]]:
    """Return single, non-empty members."""
    while (shapely.get_type_id(geometries) > shapely.GeometryType.POLYGON).any():
        geometries, index = shapely.get_parts(geometries, return_index=True)
        source = source[index]
    there = ~shapely.is_empty(geometries)
    return geometries[there], source[there]


def _divide_polygons(
    polygons: NDArray[np.object_], source: NDArray[np.intp]
) -> tuple[NDArray[np.object_], NDArray[np.intp]]:
    """Halve by GEOS's quick clipping, and by overlay, which takes eight times as long, where that is not sound."""
    large = shapely.get_num_coordinates(polygons) > MAX_VERTICES
    small, small_source = polygons[~large], source[~large]
    polygons, source = polygons[large], source[large]
    pieces, origin = _halve(polygons, np.arange(len(polygons)), _clipped)
    doubtful = _doubtful(polygons, pieces, origin)
    if doubtful.size:
        sound = ~np.isin(origin, doubtful)
        again, number = _halve(polygons[doubtful], doubtful, shapely.intersection)
        pieces, origin = np.concatenate([pieces[sound], again]), np.concatenate([origin[sound], number])
    return np.concatenate([small, pieces]), np.concatenate([small_source, source[origin]])


def _doubtful(polygons: NDArray[np.object_], pieces: NDArray[np.object_], origin: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return which polygons have pieces that are not valid, or do not add up to their area."""
    areas = np.bincount(origin, shapely.area(pieces), len(polygons))
    wrong = np.abs(areas - shapely.area(polygons)) > _AREA_TOLERANCE * areas
    wrong[origin[~shapely.is_valid(pieces)]] = True
    return np.flatnonzero(wrong)


def _clipped(geometries: NDArray[np.object_], boxes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return what of each geometry lies in its box; quick, but not always valid where an outline runs along the box."""
    parts = []
    for geometry, bounds in zip(geometries, shapely.bounds(boxes).tolist(), strict=True):
        try:
            parts.append(shapely.clip_by_rect(geometry, *bounds))
        except shapely.errors.GEOSException:  # a ring collapses in the box
            parts.append(shapely.intersection(geometry, shapely.box(*bounds)))
    return geometry_array(parts)


def _halve(
    polygons: NDArray[np.object_], source: NDArray[np.intp], cut: Callable[..., NDArray[np.object_]]
) -> tuple[NDArray[np.object_], NDArray[np.intp]]:
    done, origins = [], []
    for _ in range(_DEEPEST):
        large = shapely.get_num_coordinates(polygons) > MAX_VERTICES
        done.append(polygons[~large])
        origins.append(source[~large])
        polygons, source = polygons[large], source[large]
        if not len(polygons):
            break
        xmin, ymin, xmax, ymax = shapely.bounds(polygons).T
        tall = (ymax - ymin) > (xmax - xmin)
        x, y = np.where(tall, xmax, (xmin + xmax) / 2), np.where(tall, (ymin + ymax) / 2, ymax)
        low = cut(polygons, shapely.box(xmin, ymin, x, y))
        high = cut(polygons, shapely.box(np.where(tall, xmin, x), np.where(tall, y, ymin), xmax, ymax))
        polygons, source = _explode(np.concatenate([low, high]), np.concatenate([source, source]))
        flat = shapely.get_dimensions(polygons) == 2
        polygons, source = polygons[flat], source[flat]
    return np.concatenate([*done, polygons]), np.concatenate([*origins, source])


def _divide_lines(lines: NDArray[np.object_], source: NDArray[np.intp]) -> tuple[NDArray[np.object_], NDArray[np.intp]]:
    large = shapely.get_num_coordinates(lines) > MAX_VERTICES
    done, origins = [lines[~large]], [source[~large]]
    for line, index in zip(lines[large], source[large], strict=True):
        vertices = shapely.get_coordinates(line)
        starts = range(0, len(vertices) - 1, MAX_VERTICES - 1)
        runs = [shapely.linestrings(vertices[start : start + MAX_VERTICES]) for start in starts]
        done.append(np.array(runs, dtype=object))
        origins.append(np.full(len(runs), index))
    return np.concatenate(done), np.concatenate(origins)
