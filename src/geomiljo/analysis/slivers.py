"""Slivers: overlaps so thin that they tell of two ways to draw one line, not of land in common.

A polygon's part is a sliver when it holds no circle of the layer's sliver width though the object does; a line's part
is one when it stays within the layer's tolerance of the boundary. Slivers are kept and listed; they are only kept from
making an object a hit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from geomiljo.analysis.pieces import NARROW, WIDE
from geomiljo.analysis.scene import total_by
from geomiljo.geometry import geometry_array, is_wider, polygonal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geomiljo.analysis.scene import Members, Pairs, Scene
    from geomiljo.analysis.tables import ObjectTable


def find_slivers(
    scene: Scene, members: Members, is_inside: NDArray[np.bool_], dimension: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Tell which objects have only a sliver inside.

    Parameters
    ----------
    members : Members
        Pairs gathered to n objects.
    is_inside, dimension : ndarray, shape (n,)
        Whether interiors meet, and the kind of geometry.
    """
    own, group = members.pairs, members.group
    within = is_inside[group] & own.touches
    is_sliver = np.zeros(len(is_inside), dtype=bool)

    lines = np.flatnonzero(within & (dimension[group] == 1))
    if lines.size:
        is_sliver[group[lines]] = True
        is_sliver[group[lines[_reaches_inward(scene, own.take(lines))]]] = False

    flags = scene.pieces.flags[own.piece]
    sure = (own.is_whole & ((flags & WIDE) != 0)) | ((flags & NARROW) != 0)
    settled = total_by(group, sure, len(is_inside)) > 0
    unsure = np.flatnonzero(within & (dimension[group] == 2) & ~settled[group])
    if unsure.size:
        widths = scene.of_search("sliver_width_m")[own.piece[unsure]]
        for width in np.unique(widths):
            chosen = unsure[widths == width]
            thin = _thin_objects(_inside(scene, own.take(chosen)), group[chosen], float(width))
            is_sliver[thin] = True
    return is_sliver


def _reaches_inward(scene: Scene, pairs: Pairs) -> NDArray[np.bool_]:
    """Tell which line pieces come farther inside the area than the tolerance."""
    tolerance = scene.of_search("tolerance_m")[pairs.piece]
    local = scene.views.around(pairs.row, scene.boxes[pairs.piece], tolerance)
    # many pieces share a window: each is narrowed once
    seen = np.array([id(window) for window in local])
    _, first, which = np.unique(np.column_stack([seen, tolerance]), axis=0, return_index=True, return_inverse=True)
    inner = shapely.buffer(local[first], -tolerance[first])
    shapely.prepare(inner)
    inner = inner[which.ravel()]
    inward: NDArray[np.bool_] = shapely.intersects(inner, scene.pieces.geometry[pairs.piece])
    return inward


def _thin_objects(inside: NDArray[np.object_], group: NDArray[np.intp], width_m: float) -> list[int]:
    """Return the objects that hold no circle: piece by piece first, then by the union of their pieces."""
    wide = set(group[is_wider(inside, width_m)].tolist())
    thin = []
    for number in sorted(set(group.tolist()) - wide):
        parts = inside[group == number]
        if len(parts) > 1:
            parts = polygonal(geometry_array([shapely.union_all(parts)]))
        if len(parts) == 1 and not is_wider(parts, width_m)[0]:
            thin.append(number)
    return thin


def _inside(scene: Scene, pairs: Pairs) -> NDArray[np.object_]:
    inside: NDArray[np.object_] = np.where(pairs.is_whole, scene.pieces.geometry[pairs.piece], pairs.clips)
    return inside


def only_in_slivers(scene: Scene, members: Members, objects: ObjectTable) -> dict[tuple[int, int, int, int], float]:
    """Return the area or length that only slivers hold, by (row, layer, class set, dimension)."""
    own, group = members.pairs, members.group
    held = {}
    for row, layer in sorted({(int(objects.row[i]), int(objects.layer[i])) for i in np.flatnonzero(objects.is_sliver)}):
        here = np.flatnonzero(
            (objects.row[group] == row) & (objects.layer[group] == layer) & objects.is_inside[group] & own.touches
        )
        for class_set in scene.searches[layer].class_sets:
            in_set = here[(objects.classes[group[here]] & class_set) != 0]
            for dimension in (1, 2):
                kind = in_set[objects.dimension[group[in_set]] == dimension]
                thin = objects.is_sliver[group[kind]]
                if thin.any():
                    slivers = shapely.union_all(_inside(scene, own.take(kind[thin])))
                    rest = _without(slivers, _inside(scene, own.take(kind[~thin])))
                    held[row, layer, class_set, dimension] = float(rest.area if dimension == 2 else rest.length)
    return held


def _without(slivers: shapely.Geometry, others: NDArray[np.object_]) -> shapely.Geometry:
    near = others[shapely.intersects(others, slivers)]
    return shapely.difference(slivers, shapely.union_all(near)) if len(near) else slivers
