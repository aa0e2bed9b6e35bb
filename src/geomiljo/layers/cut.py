"""From objects to pieces: what the kernel measures, made once when a layer is loaded."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geomiljo.analysis.pieces import COVER, FEATURE, NARROW, WIDE, Pieces
from geomiljo.geometry import is_wider
from geomiljo.layers.cover import dissolve, overlapping
from geomiljo.layers.subdivide import subdivide

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geomiljo.layers.stage import StagedLayer

_CHUNK = 5_000


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
    starts = range(0, len(geometries), _CHUNK)
    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(lambda s: subdivide(geometries[s : s + _CHUNK]), starts))
        narrow = list(pool.map(lambda s: _is_narrow(geometries[s : s + _CHUNK], sliver_width_m), starts))
    if not parts:
        return Pieces.empty()
    piece = np.concatenate([pieces for pieces, _ in parts])
    feature = np.concatenate([index + start for (_, index), start in zip(parts, starts, strict=True)])
    dimension = shapely.get_dimensions(piece)
    flags = np.full(len(piece), FEATURE | COVER, dtype=np.uint8)
    flags[np.concatenate(narrow)[feature]] |= NARROW
    flags[_wide(piece, dimension, sliver_width_m)] |= WIDE
    whole = Pieces.unnamed(feature, flags, classes[feature], piece)
    return Pieces.concatenate([whole, *_dissolved(whole, dimension, threads)])


def pieces_of(staged: StagedLayer, threads: int | None = None) -> Pieces:
    """Return the pieces of a staged layer, with what is known of their objects."""
    pieces = cut_pieces(staged.geometry, staged.class_bits, staged.layer.sliver_width_m, threads)
    return pieces.with_objects(staged.ids, staged.names, staged.size, staged.errors_m)


def pieces_of_rows(rows: Sequence[Any], sliver_width_m: float, threads: int | None = None) -> Pieces:
    """Return the pieces of objects as the database has them: id, name, class, size, position error and WKB of each."""
    if not rows:
        return Pieces.empty()
    ids, names, bits, sizes, errors_m, wkb = (list(column) for column in zip(*rows, strict=True))
    geometry = shapely.from_wkb(np.array([bytes(value) for value in wkb], dtype=object))
    pieces = cut_pieces(geometry, np.array(bits, dtype=np.int64), sliver_width_m, threads)
    texts = (np.array(column, dtype=object) for column in (ids, names))
    return pieces.with_objects(*texts, *(np.array(column, dtype=np.float64) for column in (sizes, errors_m)))


def _dissolved(whole: Pieces, dimension: NDArray[np.int64], threads: int) -> list[Pieces]:
    """Take overlapping pieces out of the cover (in place) and return the cells that stand for them."""
    cells = []
    for kind in (1, 2):
        chosen = np.flatnonzero(dimension == kind)
        if not chosen.size:
            continue
        left, right = overlapping(whole.geometry[chosen], whole.feature[chosen], kind, threads)
        shared, number = np.unique(np.concatenate([left, right]), return_inverse=True)
        if not shared.size:
            continue
        members = chosen[shared]
        pairs = number[: len(left)], number[len(left) :]
        geometry, classes = dissolve(whole.geometry[members], whole.classes[members], pairs, kind, threads)
        whole.flags[members] &= ~np.uint8(COVER)
        nobody = np.full(len(geometry), -1, dtype=np.int64)
        cells.append(Pieces.unnamed(nobody, np.full(len(geometry), COVER, dtype=np.uint8), classes, geometry))
    return cells


def _is_narrow(geometries: NDArray[np.object_], width_m: float) -> NDArray[np.bool_]:
    """Tell which objects are polygons that hold no circle of `width_m`; collections are taken as a whole."""
    flat = shapely.get_dimensions(geometries) == 2
    narrow = np.zeros(len(geometries), dtype=bool)
    narrow[flat] = ~is_wider(geometries[flat], width_m)
    return narrow


def _wide(pieces: NDArray[np.object_], dimension: NDArray[np.int64], width_m: float) -> NDArray[np.bool_]:
    wide = np.zeros(len(pieces), dtype=bool)
    flat = dimension == 2
    wide[flat] = is_wider(pieces[flat], width_m)
    return wide
