"""From objects to pieces: what the kernel measures, made once when a layer is loaded."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geomiljo.analysis.pieces import COVER, FEATURE, NARROW, WIDE, Pieces
from geomiljo.geometry import is_wider
from geomiljo.layers.cover import by_grid, dissolve, grid_step_m
from geomiljo.layers.subdivide import subdivide
from geomiljo.layers.sweep import Sweep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geomiljo.layers.stage import StagedLayer

_CHUNK = 1_000


def available_threads() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


def cut_pieces(
    geometries: NDArray[np.object_],
    classes: NDArray[np.int64],
    sliver_width_m: float,
    threads: int | None = None,
) -> Pieces:
    """Return the pieces of a layer's objects: feature pieces and cover pieces.

    Parameters
    ----------
    geometries : ndarray of Geometry, shape (n,)
        EPSG:3006, valid, two-dimensional. The position is the object's number.
    classes : ndarray of int64, shape (n,)
        Class mask (one bit) of each object.
    sliver_width_m : float
        What counts as narrow in this layer.

    Returns
    -------
    Pieces
        With layer 0 throughout. Where the layer does not overlap itself a piece is both feature piece and cover piece.

    Examples
    --------
    >>> two = np.array([shapely.box(0, 0, 10, 10), shapely.box(5, 0, 15, 10)])
    >>> pieces = cut_pieces(two, np.array([1, 2]), 1.0)
    >>> cells = pieces.flags & COVER != 0
    >>> sorted(zip(pieces.classes[cells].tolist(), pieces.size[cells].tolist()))
    [(1, 50.0), (2, 50.0), (3, 50.0)]
    """
    threads = threads or available_threads()
    sweep = Sweep(threads)
    whole, serials = sweep.take(feature_pieces(geometries, classes, sliver_width_m, threads), np.inf)
    return Pieces.concatenate([whole, *_dissolved(whole, serials, sweep, threads)])


def feature_pieces(
    geometries: NDArray[np.object_], classes: NDArray[np.int64], sliver_width_m: float, threads: int
) -> Pieces:
    """Return objects in pieces, each as feature piece and cover piece; see :func:`cut_pieces`."""
    starts = range(0, len(geometries), _CHUNK)
    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(lambda s: subdivide(geometries[s : s + _CHUNK]), starts))
        narrow = list(pool.map(lambda s: _is_narrow(geometries[s : s + _CHUNK], sliver_width_m), starts))
    if not parts:
        return Pieces.empty()
    piece = np.concatenate([pieces for pieces, _ in parts])
    feature = np.concatenate([index + start for (_, index), start in zip(parts, starts, strict=True)])
    flags = np.full(len(piece), FEATURE | COVER, dtype=np.uint8)
    flags[np.concatenate(narrow)[feature]] |= NARROW
    flags[_wide(piece, sliver_width_m)] |= WIDE
    return Pieces.unnamed(feature, flags, classes[feature], piece)


def cells_of(geometry: NDArray[np.object_], classes: NDArray[np.int64]) -> Pieces:
    """Return pieces that are cells of several objects."""
    nobody = np.full(len(geometry), -1, dtype=np.int64)
    return Pieces.unnamed(nobody, np.full(len(geometry), COVER, dtype=np.uint8), classes, geometry)


def pieces_of(staged: StagedLayer, threads: int | None = None) -> Pieces:
    """Return the pieces of a staged layer, with what is known of their objects."""
    pieces = cut_pieces(staged.geometry, staged.class_bits, staged.layer.sliver_width_m, threads)
    return pieces.with_objects(staged.ids, staged.names, staged.size, staged.errors_m)


def pieces_of_rows(rows: Sequence[Any], sliver_width_m: float, threads: int | None = None) -> Pieces:
    """Return the pieces of objects as the database has them; see :class:`ObjectRows`."""
    objects = ObjectRows.of(rows)
    return objects.named(cut_pieces(objects.geometry, objects.bits, sliver_width_m, threads))


@dataclass(frozen=True, slots=True)
class ObjectRows:
    """Objects as the database has them: id, name, class, size, position error and shape of each."""

    ids: NDArray[np.object_]
    names: NDArray[np.object_]
    bits: NDArray[np.int64]
    sizes: NDArray[np.float64]
    errors_m: NDArray[np.float64]
    geometry: NDArray[np.object_]

    @classmethod
    def of(cls, rows: Sequence[Any]) -> ObjectRows:
        """Return rows of these columns, with the shape as WKB, as arrays."""
        ids, names, bits, sizes, errors_m, wkb = zip(*rows, strict=True) if rows else ((),) * 6
        return cls(
            np.array(ids, dtype=object),
            np.array(names, dtype=object),
            np.array(bits, dtype=np.int64),
            np.array(sizes, dtype=np.float64),
            np.array(errors_m, dtype=np.float64),
            shapely.from_wkb(np.array([bytes(value) for value in wkb], dtype=object)),
        )

    def named(self, pieces: Pieces) -> Pieces:
        """Return pieces of these objects with what is known of them."""
        return pieces.with_objects(self.ids, self.names, self.sizes, self.errors_m)


def _dissolved(whole: Pieces, serials: NDArray[np.int64], sweep: Sweep, threads: int) -> list[Pieces]:
    """Return the cells that stand for overlapping pieces in the cover."""
    overlapping = np.flatnonzero(whole.flags & COVER == 0)
    members = whole.take(overlapping)
    flat = members.dimension == 2
    cells = []
    if flat.any():
        polygons, classes = members.geometry[flat], members.classes[flat]
        parts, index, cell = by_grid(polygons, grid_step_m(float(np.median(_extents_m(polygons)))))
        cells.append(cells_of(*dissolve(parts, classes[index], cell, 2, threads)))
    if not flat.all():
        lines, group = sweep.groups_of_lines()
        position = np.searchsorted(lines, serials[overlapping[~flat]])
        cells.append(cells_of(*dissolve(members.geometry[~flat], members.classes[~flat], group[position], 1, threads)))
    return cells


def _extents_m(geometries: NDArray[np.object_]) -> NDArray[np.float64]:
    bounds = shapely.bounds(geometries)
    extents: NDArray[np.float64] = (bounds[:, 2:] - bounds[:, :2]).max(axis=1)
    return extents


def _is_narrow(geometries: NDArray[np.object_], width_m: float) -> NDArray[np.bool_]:
    """Tell which objects are polygons that hold no circle of `width_m`; collections are taken as a whole."""
    flat = shapely.get_dimensions(geometries) == 2
    narrow = np.zeros(len(geometries), dtype=bool)
    narrow[flat] = ~is_wider(geometries[flat], width_m)
    return narrow


def _wide(pieces: NDArray[np.object_], width_m: float) -> NDArray[np.bool_]:
    wide = np.zeros(len(pieces), dtype=bool)
    flat = shapely.get_dimensions(pieces) == 2
    wide[flat] = is_wider(pieces[flat], width_m)
    return wide
