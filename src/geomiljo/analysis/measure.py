"""The measuring kernel: areas and pieces in, measurements out.

One kernel for one planning area and for a hundred thousand; a plan and its parts are just rows. Definitions and worked
numbers stand in `docs/method.md`. Every step is an array operation over (area, piece) pairs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from geomiljo.analysis.scene import Members, Pairs, Scene, clip, is_cover, runs, total_by
from geomiljo.analysis.slivers import find_slivers, only_in_slivers
from geomiljo.analysis.tables import CoverTable, Measurements, ObjectTable
from geomiljo.geometry import grown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geomiljo.analysis.pieces import LayerSearch, Pieces

_MATRIX_CELLS = 2_000_000
_ROUNDING_M = 1e-6


def measure(
    areas: NDArray[np.object_],
    pieces: Pieces,
    searches: Sequence[LayerSearch],
    active: NDArray[np.bool_] | None = None,
) -> Measurements:
    """Measure every layer at every area.

    Parameters
    ----------
    areas : ndarray of (Multi)Polygon, shape (m,)
        EPSG:3006, valid.
    pieces : Pieces
        At least all pieces whose bounding box comes within the reach of their layer of some area; more do no harm.
    searches : sequence of LayerSearch, length l
        Parameters of the layers that `pieces` count by position.
    active : ndarray of bool, shape (m, l), optional
        Which layers are measured at which area; all by default.

    Returns
    -------
    Measurements
        Two touching polygons have no area in common and distance 0; a point on the boundary is outside at distance 0;
        a line along the boundary has no length inside.

    Notes
    -----
    Cost grows with the pieces that cross the boundary of an area; pieces wholly inside add their stored size.

    Examples
    --------
    >>> from geomiljo.analysis.pieces import COVER, FEATURE, LayerSearch, Pieces
    >>> from geomiljo.geometry import geometry_array
    >>> flags = np.array([FEATURE | COVER], dtype=np.uint8)
    >>> lake = Pieces.unnamed(np.array([7]), flags, np.array([1]), geometry_array([shapely.box(5, 0, 20, 10)]))
    >>> result = measure(geometry_array([shapely.box(0, 0, 10, 10)]), lake, [LayerSearch("lakes", reach_m=50)])
    >>> result.area(0, 0, 1), result.objects.feature.tolist(), result.objects.is_inside.tolist()
    (50.0, [7], [True])
    """
    scene = Scene.of(areas, pieces, searches)
    pairs = clip(scene, *_candidates(scene, active))
    objects, slivers = _objects(scene, pairs)
    cover = _cover(scene, pairs.row, pairs.piece, pairs.amount)
    return Measurements(shapely.area(areas), pieces, objects, cover, _rings(scene, pairs), slivers)


def _candidates(scene: Scene, active: NDArray[np.bool_] | None) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return (area, piece) pairs whose bounding boxes come within the reach of the piece's layer."""
    around = shapely.bounds(scene.areas)
    if len(around) * len(scene.pieces) <= _MATRIX_CELLS:
        row, piece = np.nonzero(_boxes_near(around[:, None, :], scene.boxes[None, :, :], scene.reach_m[None, :]))
    else:
        tree = shapely.STRtree(scene.pieces.geometry)
        farthest = around + np.array([-1, -1, 1, 1]) * scene.reach_m.max()
        row, piece = tree.query(shapely.box(*farthest.T))
        near = _boxes_near(around[row], scene.boxes[piece], scene.reach_m[piece])
        row, piece = row[near], piece[near]
    if active is not None:
        on = active[row, scene.pieces.layer[piece]]
        row, piece = row[on], piece[on]
    return row, piece


def _boxes_near(a: NDArray[np.float64], b: NDArray[np.float64], reach: NDArray[np.float64]) -> NDArray[np.bool_]:
    near: NDArray[np.bool_] = (
        (b[..., 0] <= a[..., 2] + reach)
        & (b[..., 2] >= a[..., 0] - reach)
        & (b[..., 1] <= a[..., 3] + reach)
        & (b[..., 3] >= a[..., 1] - reach)
    )
    return near


def _objects(scene: Scene, pairs: Pairs) -> tuple[ObjectTable, dict[tuple[int, int, int, int], float]]:
    """Gather pieces to objects: own part inside, whether it is a sliver, distance where nothing is inside."""
    members = Members.gather(scene, pairs)
    own, group, first = members.pairs, members.group, members.first
    kind, count = scene.dimension[own.piece], len(first)
    is_inside = total_by(group, own.is_whole | (own.amount > 0), count) > 0
    dimension = np.maximum.reduceat(kind, first) if count else kind
    head = own.piece[first]
    table = ObjectTable(
        row=own.row[first],
        layer=scene.pieces.layer[head],
        feature=scene.pieces.feature[head],
        classes=scene.pieces.classes[head],
        dimension=dimension,
        area_m2=total_by(group, np.where(kind == 2, own.amount, 0.0), count),
        length_m=total_by(group, np.where(kind == 1, own.amount, 0.0), count),
        is_inside=is_inside,
        is_sliver=find_slivers(scene, members, is_inside, dimension),
        distance_m=_distances(scene, members, is_inside),
        head=head,
    )
    in_slivers = only_in_slivers(scene, members, table)
    return table.where(table.distance_m <= scene.reach_m[head]), in_slivers


def _distances(scene: Scene, members: Members, is_inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return each object's distance: 0 where it meets or touches, infinite beyond reach."""
    own, group = members.pairs, members.group
    distance = np.where(is_inside, 0.0, np.inf)
    distance[group[own.touches]] = 0.0
    apart = np.flatnonzero(distance[group] > 0)
    if apart.size:
        piece = own.piece[apart]
        local = scene.views.around(own.row[apart], scene.boxes[piece], scene.reach_m[piece])
        geometry = scene.pieces.geometry[piece]
        # telling that a piece is beyond reach costs less than its distance
        near = shapely.dwithin(local, geometry, scene.reach_m[piece] + _ROUNDING_M)
        np.minimum.at(distance, group[apart[near]], shapely.distance(local[near], geometry[near]))
    return distance


def _cover(scene: Scene, row: NDArray[np.intp], piece: NDArray[np.intp], amount: NDArray[np.float64]) -> CoverTable:
    """Sum cover pieces by area, layer, kind and combination of classes."""
    chosen = np.flatnonzero(is_cover(scene, piece) & (amount > 0))
    row, piece, amount = row[chosen], piece[chosen], amount[chosen]
    layer, classes, kind = scene.pieces.layer[piece], scene.pieces.classes[piece], scene.dimension[piece]
    order = np.lexsort((amount, classes, kind, layer, row))
    group, first = runs(row[order], layer[order], kind[order], classes[order])
    sums = total_by(group, amount[order], len(first))
    head = order[first]
    return CoverTable(row[head], layer[head], classes[head], kind[head], sums)


def _rings(scene: Scene, pairs: Pairs) -> dict[float, CoverTable]:
    """Measure polygons outside the areas but within each ring radius: the zone's part minus the area's part."""
    rings = {}
    flat = is_cover(scene, pairs.piece) & (scene.dimension[pairs.piece] == 2) & ~pairs.is_whole
    for radius in sorted({radius for search in scene.searches for radius in search.ring_radii_m}):
        has_ring = np.array([radius in search.ring_radii_m for search in scene.searches])
        chosen = np.flatnonzero(flat & has_ring[scene.pieces.layer[pairs.piece]])
        row, piece = pairs.row[chosen], pairs.piece[chosen]
        zones = np.full(len(scene.areas), None, dtype=object)
        rows = np.unique(row)
        zones[rows] = grown(scene.areas[rows], radius)
        in_zone = clip(scene.with_areas(zones), row, piece).amount
        rings[radius] = _cover(scene, row, piece, np.maximum(in_zone - pairs.amount[chosen], 0.0))
    return rings
