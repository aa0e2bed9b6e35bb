"""Finding what overlaps while a layer's pieces pass from south to north: only what later ones may meet is held."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from geomiljo.analysis.pieces import COVER, Pieces
from geomiljo.layers.cover import components, overlapping

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NONE = np.empty(0, dtype=np.int64)


class Sweep:
    """Tells pieces that meet no other object's interior, which cover the layer as they are, from those that do.

    Parameters
    ----------
    threads : int
        How many compare at the same time.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._held = Pieces.empty()
        self._serials = _NONE
        self._overlaps = np.empty(0, dtype=bool)
        self._next = 0
        self._lines: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []

    def take(self, pieces: Pieces, south_m: float) -> tuple[Pieces, NDArray[np.int64]]:
        """Take further pieces; return those that are told, with their serial numbers.

        A piece that overlaps another object's is no longer a cell of the cover.

        Parameters
        ----------
        south_m : float
            Northing that no piece which is still to come reaches below.
        """
        first = len(self._held)
        self._held = Pieces.concatenate([self._held, pieces])
        self._serials = np.concatenate([self._serials, np.arange(self._next, self._next + len(pieces))])
        self._overlaps = np.concatenate([self._overlaps, np.zeros(len(pieces), dtype=bool)])
        self._next += len(pieces)
        dimension = self._held.dimension
        for kind in (1, 2):
            self._compare(np.flatnonzero(dimension == kind), first, kind)
        waits = (shapely.bounds(self._held.geometry)[:, 3] >= south_m) & (dimension > 0)
        return self._part_with(np.flatnonzero(~waits), np.flatnonzero(waits))

    def _compare(self, chosen: NDArray[np.intp], first: int, kind: int) -> None:
        new = int(np.searchsorted(chosen, first))
        geometry, feature = self._held.geometry[chosen], self._held.feature[chosen]
        pairs = overlapping(geometry, feature, kind, self._threads, new)
        left, right = (chosen[each] for each in pairs)
        self._overlaps[left] = self._overlaps[right] = True
        if kind == 1 and left.size:
            self._lines.append((self._serials[left], self._serials[right]))

    def _part_with(self, told: NDArray[np.intp], waiting: NDArray[np.intp]) -> tuple[Pieces, NDArray[np.int64]]:
        done, serials = self._held.take(told), self._serials[told]
        done.flags[self._overlaps[told]] &= ~np.uint8(COVER)
        self._held = self._held.take(waiting)
        self._serials, self._overlaps = self._serials[waiting], self._overlaps[waiting]
        return done, serials

    def groups_of_lines(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the serial numbers of overlapping lines, ascending, and the group of each; groups are apart."""
        left, right = (np.concatenate([_NONE, *(pair[side] for pair in self._lines)]) for side in (0, 1))
        serials, number = np.unique(np.concatenate([left, right]), return_inverse=True)
        return serials, components(len(serials), number[: len(left)], number[len(left) :])
