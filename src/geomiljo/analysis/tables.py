"""What the kernel yields: two tables, one row for each object and one for each combination of classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from geomiljo.analysis.pieces import Pieces


@dataclass(frozen=True, slots=True)
class ObjectTable:
    """Objects that meet an area or lie within their layer's reach, ordered by area, layer and object.

    Attributes
    ----------
    row, layer, feature : ndarray of int64, shape (n,)
        Area, layer (position among the searches) and the object's number within its layer version.
    classes : ndarray of int64
        Bit of the object's class.
    dimension : ndarray of int64
        0 point, 1 line, 2 polygon.
    area_m2, length_m : ndarray of float64
        The object's own part inside the area.
    is_inside : ndarray of bool
        Interiors meet.
    is_sliver : ndarray of bool
        Interiors meet, but the object's part is a sliver.
    distance_m : ndarray of float64
        0 where the object meets or touches the area.
    head : ndarray of int64
        One of the object's pieces, which knows its id and name.
    """

    row: NDArray[np.int64]
    layer: NDArray[np.int64]
    feature: NDArray[np.int64]
    classes: NDArray[np.int64]
    dimension: NDArray[np.int64]
    area_m2: NDArray[np.float64]
    length_m: NDArray[np.float64]
    is_inside: NDArray[np.bool_]
    is_sliver: NDArray[np.bool_]
    distance_m: NDArray[np.float64]
    head: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.row)

    def at(self, row: int, layer: int) -> ObjectTable:
        """Return the objects of one layer at one area."""
        return self.where((self.row == row) & (self.layer == layer))

    def where(self, mask: NDArray[np.bool_] | NDArray[np.intp] | slice) -> ObjectTable:
        """Return the rows that `mask` selects."""
        return ObjectTable(*(getattr(self, name)[mask] for name in ObjectTable.__slots__))


@dataclass(frozen=True, slots=True)
class CoverTable:
    """Area or length of each combination of classes inside an area.

    Attributes
    ----------
    row, layer, classes, dimension : ndarray of int64, shape (n,)
    amount : ndarray of float64
        m² where dimension is 2, m where it is 1.
    """

    row: NDArray[np.int64]
    layer: NDArray[np.int64]
    classes: NDArray[np.int64]
    dimension: NDArray[np.int64]
    amount: NDArray[np.float64]

    def total(self, row: int, layer: int, class_set: int, dimension: int) -> float:
        """Return the area or length of the union of the classes in `class_set`."""
        chosen = (
            (self.row == row)
            & (self.layer == layer)
            & (self.dimension == dimension)
            & ((self.classes & class_set) != 0)
        )
        return float(self.amount[chosen].sum())


@dataclass(frozen=True, slots=True)
class Measurements:
    """Everything measured for a batch of areas.

    Attributes
    ----------
    area_m2 : ndarray of float64, shape (m,)
        The areas themselves.
    pieces : Pieces
        What was measured.
    objects : ObjectTable
    cover : CoverTable
        Inside the areas.
    rings : mapping of float to CoverTable
        Outside the areas, within the distance (m); polygons only.
    slivers : mapping of (row, layer, class set, dimension) to float
        What only slivers hold of a set's area or length.
    """

    area_m2: NDArray[np.float64]
    pieces: Pieces
    objects: ObjectTable
    cover: CoverTable
    rings: Mapping[float, CoverTable]
    slivers: Mapping[tuple[int, int, int, int], float]

    def area(self, row: int, layer: int, class_set: int) -> float:
        """Return the area of the union of the classes in `class_set` inside area `row`, in m²."""
        return self.cover.total(row, layer, class_set, 2)

    def length(self, row: int, layer: int, class_set: int) -> float:
        """Return the length of the union of the lines of `class_set` inside area `row`, in m."""
        return self.cover.total(row, layer, class_set, 1)

    def solid(self, row: int, layer: int, class_set: int, dimension: int) -> float:
        """Return area (2) or length (1) as above, without what only slivers hold."""
        total = self.cover.total(row, layer, class_set, dimension)
        return max(0.0, total - self.slivers.get((row, layer, class_set, dimension), 0.0))

    def ring_area(self, row: int, layer: int, class_set: int, within_m: float) -> float:
        """Return the area of the classes outside area `row` but within `within_m` of it, in m²."""
        table = self.rings.get(within_m)
        return table.total(row, layer, class_set, 2) if table is not None else 0.0
