"""What the kernel measures: pieces of layer objects, and how each layer is to be searched."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geomiljo.geometry import geometry_array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FEATURE = 1
"""The piece is a part of one object and gives that object's own clip."""
COVER = 2
"""The piece is a cell of the layer's union and gives the area or length of classes; cells do not overlap."""
NARROW = 4
"""The object is narrower than the layer's sliver width everywhere: its clips are never slivers."""
WIDE = 8
"""The piece alone holds a circle of the layer's sliver width."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """A batch of pieces, each array of length n.

    Attributes
    ----------
    layer : ndarray of int64
        Position of the layer among the searches.
    feature : ndarray of int64
        The object's number within its layer version; -1 for a cell of several objects.
    flags : ndarray of uint8
        Sum of :data:`FEATURE`, :data:`COVER`, :data:`NARROW`, :data:`WIDE`.
    classes : ndarray of int64
        Bit mask: the object's class, or all classes that lie over the cell.
    size : ndarray of float64
        Whole area (m², polygons) or length (m, lines); 0 for points.
    geometry : ndarray of Geometry
        EPSG:3006; Polygon, MultiPolygon, LineString or Point.
    object_id, object_name : ndarray of str or None
        The object's id and name in its source; None for cells.
    object_size : ndarray of float64
        The whole object's area (m²) or length (m); 0 for points and cells.
    object_error_m : ndarray of float64
        How far the object may lie from where it is drawn, as the source tells; NaN where it does not.
    """

    layer: NDArray[np.int64]
    feature: NDArray[np.int64]
    flags: NDArray[np.uint8]
    classes: NDArray[np.int64]
    size: NDArray[np.float64]
    geometry: NDArray[np.object_]
    object_id: NDArray[np.object_]
    object_name: NDArray[np.object_]
    object_size: NDArray[np.float64]
    object_error_m: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.geometry)

    @property
    def dimension(self) -> NDArray[np.int64]:
        """0 for points, 1 for lines, 2 for polygons."""
        dimensions: NDArray[np.int64] = shapely.get_dimensions(self.geometry)
        return dimensions

    def take(self, index: NDArray[np.intp]) -> Pieces:
        """Return the pieces at `index`."""
        return Pieces(*(getattr(self, name)[index] for name in Pieces.__slots__))

    def of_layer(self, position: int) -> Pieces:
        """Return the same pieces as those of the layer at `position`."""
        return replace(self, layer=np.full(len(self), position, dtype=np.int64))

    def with_objects(
        self,
        ids: NDArray[np.object_],
        names: NDArray[np.object_],
        sizes: NDArray[np.float64],
        errors_m: NDArray[np.float64],
    ) -> Pieces:
        """Return the pieces with what is known of their objects, given by object number."""
        own = self.feature >= 0
        object_id, object_name = (np.full(len(self), None, dtype=object) for _ in range(2))
        object_id[own], object_name[own] = ids[self.feature[own]], names[self.feature[own]]
        object_size, object_error_m = np.zeros(len(self)), np.full(len(self), np.nan)
        object_size[own], object_error_m[own] = sizes[self.feature[own]], errors_m[self.feature[own]]
        return replace(
            self,
            object_id=object_id,
            object_name=object_name,
            object_size=object_size,
            object_error_m=object_error_m,
        )

    @classmethod
    def unnamed(
        cls,
        feature: NDArray[np.int64],
        flags: NDArray[np.uint8],
        classes: NDArray[np.int64],
        geometry: NDArray[np.object_],
    ) -> Pieces:
        """Return pieces of one layer whose objects have no ids or names yet."""
        flat = shapely.get_dimensions(geometry) == 2
        size = np.where(flat, shapely.area(geometry), shapely.length(geometry))
        nothing = np.full(len(geometry), None, dtype=object)
        layer = np.zeros(len(geometry), dtype=np.int64)
        unknown = np.full(len(geometry), np.nan)
        return cls(layer, feature, flags, classes, size, geometry, nothing, nothing, np.zeros(len(geometry)), unknown)

    @classmethod
    def empty(cls) -> Pieces:
        """Return a batch without pieces."""
        whole = np.empty(0, dtype=np.int64)
        return cls.unnamed(whole, np.empty(0, dtype=np.uint8), whole, geometry_array([]))

    @classmethod
    def concatenate(cls, batches: Sequence[Pieces]) -> Pieces:
        """Return all batches as one."""
        if len(batches) == 1:
            return batches[0]
        return cls(*(np.concatenate([getattr(b, name) for b in batches or [cls.empty()]]) for name in cls.__slots__))


@dataclass(frozen=True, slots=True)
class LayerSearch:
    """How a layer is searched around an area.

    Attributes
    ----------
    layer : str
        Id of the layer.
    reach_m : float
        How far outside the area objects are looked for: the largest distance of the layer's rules, at least its
        tolerance.
    tolerance_m : float
        Not meeting, but nearer than this: adjacent.
    sliver_width_m : float
        Clips that hold no circle of this diameter are slivers.
    ring_radii_m : tuple of float
        Distances whose ring outside the area is measured, ascending.
    class_sets : tuple of int
        Bit masks of the sets of classes that rules name; what slivers take from each set is measured.
    """

    layer: str
    reach_m: float
    tolerance_m: float = 0.5
    sliver_width_m: float = 1.0
    ring_radii_m: tuple[float, ...] = ()
    class_sets: tuple[int, ...] = ()
