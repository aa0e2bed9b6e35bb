"""The cover of a layer: its union cut into cells that do not overlap, each knowing the classes that lie over it.

Area and length of any set of classes are then plain sums. Most layers hardly overlap themselves: a piece that meets no
other piece's interior is its own cell, and only the rest is dissolved, cell by cell of a grid.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geomiljo.geometry import geometry_array, polygonal
from geomiljo.layers.subdivide import subdivide

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CHUNK = 2_000
_GROUPS = 100
_SAME_ANGLE = 1e-12
_LEAST_CELL_M, _MOST_DOUBLED = 500.0, 5


def overlapping(
    pieces: NDArray[np.object_], feature: NDArray[np.int64], dimension: int, threads: int, first: int = 0
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return pairs of pieces of different objects whose interiors share area (2) or length (1).

    Parameters
    ----------
    pieces : ndarray of Geometry, shape (n,)
        All of `dimension`.
    feature : ndarray of int, shape (n,)
        The object that each piece is from.
    first : int
        Pieces before this one are compared with later ones, not with each other.
    """
    if dimension == 1:  # thousands of lines may cross each other in a town; few run along each other
        chosen = np.flatnonzero(_has_parallel(pieces, feature))
        pieces, feature, first = pieces[chosen], feature[chosen], int(np.searchsorted(chosen, first))
    else:
        chosen = np.arange(len(pieces))
    tree = shapely.STRtree(pieces)

    def meet(start: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        left, right = tree.query(pieces[start : start + _CHUNK])
        left = left + start
        other = (right < left) & (feature[left] != feature[right])
        left, right = left[other], right[other]
        near = shapely.intersects(pieces[left], pieces[right])
        left, right = left[near], right[near]
        if dimension == 2:  # what meets and does not only touch shares area
            shared = ~shapely.touches(pieces[left], pieces[right])
        else:
            shared = shapely.relate_pattern(pieces[left], pieces[right], "1********")
        return left[shared], right[shared]

    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(meet, range(first, len(pieces), _CHUNK)))
    if not found:
        return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)
    return chosen[np.concatenate([left for left, _ in found])], chosen[np.concatenate([right for _, right in found])]


def _has_parallel(lines: NDArray[np.object_], feature: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which lines have a segment of the same direction as some segment of another object; none else can overlap.

    Directions of segments that lie on one line are computed alike within a few units of the last place.
    """
    vertices, line = shapely.get_coordinates(lines, return_index=True)
    segment = np.flatnonzero(line[1:] == line[:-1])
    east, north = (vertices[segment + 1] - vertices[segment]).T
    angle = np.arctan2(north, east) % np.pi
    angle[angle > np.pi - _SAME_ANGLE] -= np.pi
    order = np.argsort(angle)
    line = line[segment][order]
    starts = np.flatnonzero(np.diff(angle[order], prepend=-np.inf) > _SAME_ANGLE)
    parallel = np.zeros(len(lines), dtype=bool)
    if len(starts):
        lowest, highest = (each.reduceat(feature[line], starts) for each in (np.minimum, np.maximum))
        parallel[line[np.repeat(lowest != highest, np.diff(starts, append=len(line)))]] = True
    return parallel


def dissolve(
    pieces: NDArray[np.object_], classes: NDArray[np.int64], group: NDArray[np.int64], dimension: int, threads: int
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Return disjoint cells of the union of overlapping pieces, and the mask of classes over each.

    Parameters
    ----------
    pieces : ndarray of Geometry, shape (n,)
        Pieces that take part in some overlap, all of `dimension`.
    classes : ndarray of int64, shape (n,)
        Class mask of each.
    group : ndarray of int64, shape (n,)
        Pieces of different groups do not overlap: cells of :func:`by_grid`, or :func:`components`.
    """
    runs = np.unique(group)[::_GROUPS]

    def cells(low: int) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
        members = np.flatnonzero((group >= runs[low]) & (group < np.append(runs, np.inf)[low + 1]))
        return _cells(pieces[members], classes[members], group[members], dimension)

    with ThreadPoolExecutor(threads) as pool:
        found = [(geometry_array([]), np.empty(0, dtype=np.int64)), *pool.map(cells, range(len(runs)))]
    cut, origin = subdivide(np.concatenate([geometry for geometry, _ in found]))
    return cut, np.concatenate([masks for _, masks in found])[origin]


def _cells(
    pieces: NDArray[np.object_], classes: NDArray[np.int64], group: NDArray[np.int64], dimension: int
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Overlay the unions of the classes in each group, one class after the other in all groups at once."""
    group = np.unique(group, return_inverse=True)[1]
    covered = np.full(group.max() + 1, shapely.GeometryCollection(), dtype=object)
    cells, over, of_group = geometry_array([]), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    masks = np.unique(classes)
    for mask in masks:
        union = _unions(pieces[classes == mask], group[classes == mask], len(covered))
        parts = [shapely.intersection(cells, union[of_group]), shapely.difference(cells, union[of_group])]
        parts.append(shapely.difference(union, covered))
        kept = _of_dimension(np.concatenate(parts), dimension)
        there = ~shapely.is_empty(kept)
        cells = kept[there]
        over = np.concatenate([over | mask, over, np.full(len(union), mask)])[there]
        of_group = np.concatenate([of_group, of_group, np.arange(len(union))])[there]
        if mask != masks[-1]:
            covered = shapely.union(covered, union)
    return cells, over


def _unions(pieces: NDArray[np.object_], group: NDArray[np.int64], count: int) -> NDArray[np.object_]:
    """Return the union of the pieces of each group; an empty collection where a group has none."""
    unions = np.full(count, shapely.GeometryCollection(), dtype=object)
    order = np.argsort(group, kind="stable")
    numbers, starts = np.unique(group[order], return_index=True)
    for number, members in zip(numbers, np.split(pieces[order], starts[1:]), strict=True):
        unions[number] = members[0] if len(members) == 1 else shapely.union_all(members)
    return unions


def _of_dimension(geometries: NDArray[np.object_], dimension: int) -> NDArray[np.object_]:
    """Return what of each geometry has the dimension, empty where nothing has."""
    if dimension == 2:
        return polygonal(geometries)
    parts, index = shapely.get_parts(geometries, return_index=True)
    lines = shapely.get_dimensions(parts) == 1
    empty = np.full(len(geometries), shapely.MultiLineString(), dtype=object)
    kept: NDArray[np.object_] = shapely.multilinestrings(parts[lines], indices=index[lines], out=empty)
    return kept


def grid_step_m(median_extent_m: float) -> float:
    """Return the side of the grid's squares for pieces of some usual extent: 500 m, doubled as often as it takes.

    Examples
    --------
    >>> grid_step_m(10.0), grid_step_m(300.0)
    (500.0, 2000.0)
    """
    doubled = np.ceil(np.log2(max(4 * median_extent_m / _LEAST_CELL_M, 1)))
    return float(_LEAST_CELL_M * 2 ** min(doubled, _MOST_DOUBLED))


def by_grid(
    pieces: NDArray[np.object_], step_m: float
) -> tuple[NDArray[np.object_], NDArray[np.intp], NDArray[np.int64]]:
    """Cut pieces by a square grid; return the parts, the piece each is from, and its grid cell."""
    bounds = shapely.bounds(pieces)
    low = np.floor(bounds[:, :2] / step_m).astype(np.int64)
    high = np.floor(bounds[:, 2:] / step_m).astype(np.int64)
    columns = high[:, 0] - low[:, 0] + 1
    number = columns * (high[:, 1] - low[:, 1] + 1)
    index = np.repeat(np.arange(len(pieces)), number)
    within = np.arange(len(index)) - np.repeat(np.cumsum(number) - number, number)
    column = low[index, 0] + within % columns[index]
    line = low[index, 1] + within // columns[index]
    parts = within_cells(pieces[index], column, line, step_m)
    there = ~shapely.is_empty(parts)
    cell = (column - column.min()) * (line.max() - line.min() + 1) + (line - line.min())
    return parts[there], index[there], cell[there]


def within_cells(
    pieces: NDArray[np.object_], column: NDArray[np.int64], line: NDArray[np.int64], step_m: float
) -> NDArray[np.object_]:
    """Return what of each polygon lies in a cell of the grid: itself, a part of it, or an empty polygon."""
    low = np.column_stack([column, line]) * step_m
    high = np.column_stack([column + 1, line + 1]) * step_m
    bounds = shapely.bounds(pieces)
    crossing = np.flatnonzero((bounds[:, :2] < low).any(axis=1) | (bounds[:, 2:] > high).any(axis=1))
    boxes = shapely.box(*low[crossing].T, *high[crossing].T)
    parts = pieces.copy()
    parts[crossing] = polygonal(shapely.intersection(parts[crossing], boxes))
    return parts


def components(count: int, left: NDArray[np.intp], right: NDArray[np.intp]) -> NDArray[np.int64]:
    """Return the number of the connected component of each of `count` nodes."""
    parent = list(range(count))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for a, b in zip(left.tolist(), right.tolist(), strict=True):
        parent[root(a)] = root(b)
    return np.array([root(node) for node in range(count)], dtype=np.int64)
