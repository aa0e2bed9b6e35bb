"""What every step of the kernel looks at: areas, pieces, and the pairs of them that are near one another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geomiljo.analysis.pieces import COVER, FEATURE
from geomiljo.analysis.views import LocalViews
from geomiljo.geometry import polygonal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geomiljo.analysis.pieces import LayerSearch, Pieces

MEETING_WIDTH_M = 1e-6
"""Common ground that is thinner than this on average is a touch: rounding of cut edges, not data."""


@dataclass(slots=True)
class Scene:
    """Areas, and the pieces of all layers around them.

    Attributes
    ----------
    areas : ndarray of (Multi)Polygon, shape (m,)
        Prepared.
    views : LocalViews
        The same areas through small windows.
    pieces : Pieces
        n of them, with their boxes (n, 4), dimensions (n,) and reach in metres (n,).
    searches : sequence of LayerSearch
    """

    areas: NDArray[np.object_]
    views: LocalViews
    pieces: Pieces
    boxes: NDArray[np.float64]
    dimension: NDArray[np.int64]
    reach_m: NDArray[np.float64]
    searches: Sequence[LayerSearch]

    @classmethod
    def of(cls, areas: NDArray[np.object_], pieces: Pieces, searches: Sequence[LayerSearch]) -> Scene:
        """Prepare areas and look up what is asked of every piece."""
        shapely.prepare(areas)
        reach = np.array([search.reach_m for search in searches], dtype=np.float64)
        boxes = shapely.bounds(pieces.geometry)
        return cls(areas, LocalViews(areas), pieces, boxes, pieces.dimension, reach[pieces.layer], searches)

    def with_areas(self, areas: NDArray[np.object_]) -> Scene:
        """Return the same pieces around other areas."""
        shapely.prepare(areas)
        return Scene(areas, LocalViews(areas), self.pieces, self.boxes, self.dimension, self.reach_m, self.searches)

    def of_search(self, name: str) -> NDArray[np.float64]:
        """Return a parameter of the search of each piece."""
        values = np.array([getattr(search, name) for search in self.searches], dtype=np.float64)
        return values[self.pieces.layer]


@dataclass(slots=True)
class Pairs:
    """Areas and the pieces near them, with what each piece has inside the area.

    Attributes
    ----------
    row, piece : ndarray of int, shape (k,)
    touches : ndarray of bool
        They have a point in common.
    is_whole : ndarray of bool
        The piece lies wholly inside, clear of the boundary.
    amount : ndarray of float64
        m² or m inside the area; 0 where they only touch.
    clips : ndarray of Geometry
        The part inside of pieces that are cut; None elsewhere.
    """

    row: NDArray[np.intp]
    piece: NDArray[np.intp]
    touches: NDArray[np.bool_]
    is_whole: NDArray[np.bool_]
    amount: NDArray[np.float64]
    clips: NDArray[np.object_]

    def take(self, index: NDArray[np.intp]) -> Pairs:
        """Return the pairs at `index`."""
        return Pairs(*(getattr(self, name)[index] for name in Pairs.__slots__))


@dataclass(slots=True)
class Members:
    """Pairs of feature pieces gathered to objects.

    Attributes
    ----------
    pairs : Pairs
        Ordered by area, layer and object.
    group : ndarray of int, shape (k,)
        Which object each pair belongs to.
    first : ndarray of int, shape (n,)
        The first pair of each object.
    """

    pairs: Pairs
    group: NDArray[np.intp]
    first: NDArray[np.intp]

    @classmethod
    def gather(cls, scene: Scene, pairs: Pairs) -> Members:
        """Order the feature pieces of `pairs` and number their objects."""
        own = pairs.take(np.flatnonzero(scene.pieces.flags[pairs.piece] & FEATURE))
        layer, feature = scene.pieces.layer[own.piece], scene.pieces.feature[own.piece]
        # by amount last: sums must not depend on the order in which a reader found the pieces
        order = np.lexsort((own.amount, feature, layer, own.row))
        own, layer, feature = own.take(order), layer[order], feature[order]
        group, first = runs(own.row, layer, feature)
        return cls(own, group, first)


def runs(*keys: NDArray[np.intp] | NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the run number of each entry of sorted keys, and where each run begins.

    Examples
    --------
    >>> group, first = runs(np.array([3, 3, 5]), np.array([0, 1, 1]))
    >>> group.tolist(), first.tolist()
    ([0, 1, 2], [0, 1, 2])
    """
    is_new = np.ones(len(keys[0]), dtype=bool)
    is_new[1:] = np.logical_or.reduce([key[1:] != key[:-1] for key in keys])
    return np.cumsum(is_new) - 1, np.flatnonzero(is_new)


def total_by(group: NDArray[np.intp], values: NDArray[np.generic], count: int) -> NDArray[np.float64]:
    """Return the sum of `values` in each of `count` groups."""
    return np.bincount(group, weights=values, minlength=count).astype(np.float64)


def clip(scene: Scene, row: NDArray[np.intp], piece: NDArray[np.intp]) -> Pairs:
    """Measure what each piece has inside its area; only pieces that meet the boundary are cut."""
    areas, geometry = scene.areas[row], scene.pieces.geometry[piece]
    touches = shapely.intersects(areas, geometry)
    is_whole = np.zeros(len(row), dtype=bool)
    is_whole[touches] = shapely.contains_properly(areas[touches], geometry[touches])
    amount = np.where(is_whole, scene.pieces.size[piece], 0.0)
    clips = np.full(len(row), None, dtype=object)

    cut = np.flatnonzero(touches & ~is_whole & (scene.dimension[piece] > 0))
    if cut.size:
        local = scene.views.around(row[cut], scene.boxes[piece[cut]])
        flat = scene.dimension[piece[cut]] == 2
        parts = _parts(local, geometry[cut], flat)
        length = shapely.length(parts)
        lines = ~flat
        length[lines] -= shapely.length(shapely.intersection(geometry[cut[lines]], shapely.boundary(local[lines])))
        area = shapely.area(parts)
        inside = np.where(flat, area, length)
        least = np.where(flat, MEETING_WIDTH_M * length / 2, MEETING_WIDTH_M)
        amount[cut] = np.where(inside > least, inside, 0.0)
        clips[cut] = parts
    return Pairs(row, piece, touches, is_whole, amount, clips)


def _parts(local: NDArray[np.object_], geometry: NDArray[np.object_], flat: NDArray[np.bool_]) -> NDArray[np.object_]:
    """Intersect pieces with areas that they touch; an area in one part that meets no edge of a piece lies inside it."""
    inside = flat & (shapely.get_type_id(local) == shapely.GeometryType.POLYGON)
    inside[inside] = ~shapely.intersects(local[inside], shapely.boundary(geometry[inside]))
    parts: NDArray[np.object_] = local.copy()
    parts[~inside] = shapely.intersection(local[~inside], geometry[~inside])
    rest = flat & ~inside
    parts[rest] = polygonal(parts[rest])
    return parts


def is_cover(scene: Scene, piece: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Tell which pieces are cells of their layer's union."""
    flagged: NDArray[np.bool_] = (scene.pieces.flags[piece] & COVER) != 0
    return flagged
