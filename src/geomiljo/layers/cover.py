"""The cover of a layer: its union cut into cells that do not overlap, each knowing the classes that lie over it.

Area and length of any set of classes are then plain sums. Most layers hardly overlap themselves: a piece that meets no
other piece's interior is its own cell, and only the rest is dissolved, cell by cell of a grid.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geomiljo.geometry import polygonal
from geomiljo.layers.subdivide import subdivide

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

_CHUNK = 20_000
_CELL_M = (500.0, 20_000.0)
_INTERIORS_MEET = {1: "1********", 2: "T********"}


def overlapping(
    pieces: NDArray[np.object_], feature: NDArray[np.int64], dimension: int, threads: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return pairs of pieces of different objects whose interiors share area (2) or length (1).

    Parameters
    ----------
    pieces : ndarray of Geometry, shape (n,)
        All of `dimension`.
    feature : ndarray of int, shape (n,)
        The object that each piece is from.
    """
    tree = shapely.STRtree(pieces)

    def meet(start: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        left, right = tree.query(pieces[start : start + _CHUNK])
        left = left + start
        other = (left < right) & (feature[left] != feature[right])
        left, right = left[other], right[other]
        near = shapely.intersects(pieces[left], pieces[right])
        left, right = left[near], right[near]
        shared = shapely.relate_pattern(pieces[left], pieces[right], _INTERIORS_MEET[dimension])
        return left[shared], right[shared]

    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(meet, range(0, len(pieces), _CHUNK)))
    if not found:
        return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)
    return np.concatenate([left for left, _ in found]), np.concatenate([right for _, right in found])


def dissolve(
    pieces: NDArray[np.object_],
    classes: NDArray[np.int64],
    pairs: tuple[NDArray[np.intp], NDArray[np.intp]],
    dimension: int,
    threads: int,
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Return disjoint cells of the union of overlapping pieces, and the mask of classes over each.

    Parameters
    ----------
    pieces : ndarray of Geometry, shape (n,)
        The pieces that take part in some overlap, all of `dimension`.
    classes : ndarray of int64, shape (n,)
        Class mask of each.
    pairs : two ndarrays of int
        Which of `pieces` overlap.
    """
    if dimension == 2:
        pieces, index, group = _by_grid(pieces)
        classes = classes[index]
    else:
        group = _components(len(pieces), *pairs)
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    groups = np.split(order, starts[1:])

    def cells(members: NDArray[np.intp]) -> list[tuple[BaseGeometry, int]]:
        return list(_cells(pieces[members], classes[members], dimension))

    with ThreadPoolExecutor(threads) as pool:
        found = [cell for part in pool.map(cells, groups) for cell in part]
    geometries = np.array([geometry for geometry, _ in found], dtype=object)
    cut, origin = subdivide(geometries)
    masks = np.array([mask for _, mask in found], dtype=np.int64)
    return cut, masks[origin]


def _cells(
    pieces: NDArray[np.object_], classes: NDArray[np.int64], dimension: int
) -> Iterator[tuple[BaseGeometry, int]]:
    """Overlay the unions of the classes, one after the other."""
    cells: list[tuple[BaseGeometry, int]] = []
    for mask in np.unique(classes):
        rest = shapely.union_all(pieces[classes == mask])
        divided = []
        for geometry, over in cells:
            divided.append((shapely.intersection(geometry, rest), over | int(mask)))
            divided.append((shapely.difference(geometry, rest), over))
        whole = rest if not cells else shapely.difference(rest, shapely.union_all([g for g, _ in cells]))
        cells = [cell for cell in (*divided, (whole, int(mask))) if not cell[0].is_empty]
    for geometry, over in cells:
        kept = _of_dimension(geometry, dimension)
        if not kept.is_empty:
            yield kept, over


def _of_dimension(geometry: BaseGeometry, dimension: int) -> BaseGeometry:
    if dimension == 2:
        return polygonal(np.array([geometry], dtype=object))[0]
    parts = shapely.get_parts(geometry)
    return shapely.multilinestrings(parts[shapely.get_dimensions(parts) == 1])


def _by_grid(
    pieces: NDArray[np.object_],
) -> tuple[NDArray[np.object_], NDArray[np.intp], NDArray[np.int64]]:
    """Cut pieces by a square grid; return the parts, the piece each is from, and its grid cell."""
    bounds = shapely.bounds(pieces)
    extent = np.maximum(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1])
    step = float(np.clip(4 * np.median(extent), *_CELL_M))
    low = np.floor(bounds[:, :2] / step).astype(np.int64)
    high = np.floor(bounds[:, 2:] / step).astype(np.int64)
    columns = high[:, 0] - low[:, 0] + 1
    number = columns * (high[:, 1] - low[:, 1] + 1)
    index = np.repeat(np.arange(len(pieces)), number)
    within = np.arange(len(index)) - np.repeat(np.cumsum(number) - number, number)
    column = low[index, 0] + within % columns[index]
    line = low[index, 1] + within // columns[index]
    parts = pieces[index]
    crossing = number[index] > 1
    boxes = shapely.box(column * step, line * step, (column + 1) * step, (line + 1) * step)
    parts[crossing] = polygonal(shapely.intersection(parts[crossing], boxes[crossing]))
    there = ~shapely.is_empty(parts)
    cell = (column - column.min()) * (line.max() - line.min() + 1) + (line - line.min())
    return parts[there], index[there], cell[there]


def _components(count: int, left: NDArray[np.intp], right: NDArray[np.intp]) -> NDArray[np.int64]:
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
