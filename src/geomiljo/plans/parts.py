"""Dividing a planning area into parts that do not overlap, from provisions that may."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geomiljo.analysis.area import PlanPart
from geomiljo.geometry import geometry_array, is_wider, polygonal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geomiljo.plans.uses import UseWords

SLIVER_WIDTH_M = 0.1
"""Two boundaries that are meant to be one may lie this far apart; what is between them is no part of its own."""

_Group = tuple[int, ...]


def plan_parts(
    area: BaseGeometry, grounds: NDArray[np.object_], wordings: Sequence[tuple[str, ...]], words: UseWords
) -> tuple[PlanPart, ...]:
    """Return disjoint parts inside the planning area.

    Where provisions lie over each other a part of its own has the uses of all of them; coincident ones make one part.

    Parameters
    ----------
    area : (Multi)Polygon
        EPSG:3006.
    grounds : ndarray of (Multi)Polygon, shape (n,)
        Ground of each provision, EPSG:3006, valid.
    wordings : sequence of tuple of str, length n
        What each provision says.
    words : UseWords
    """
    inside = polygonal(shapely.intersection(area, grounds))
    groups = _merge_slivers(_arrange(inside))
    parts = []
    for number, (group, geometry) in enumerate(sorted(groups.items()), start=1):
        said = tuple(dict.fromkeys(wording for index in group for wording in wordings[index]))
        is_known = all(wordings[index] for index in group)
        parts.append(PlanPart(f"p{number}", words.uses(said) if is_known else None, geometry, said))
    return tuple(parts)


def _arrange(grounds: NDArray[np.object_]) -> dict[_Group, BaseGeometry]:
    """Cut the plane along all boundaries and gather the cells by the provisions that they lie in."""
    there = np.flatnonzero(shapely.area(grounds) > 0)
    tree = shapely.STRtree(grounds[there])
    if not _any_overlap(tree, grounds[there]):
        return {(int(index),): grounds[index] for index in there}
    edges = shapely.union_all(shapely.boundary(grounds[there]))
    cells = shapely.get_parts(shapely.polygonize(list(shapely.get_parts(edges))))
    cell, provision = tree.query(shapely.point_on_surface(cells), predicate="intersects")
    holders: defaultdict[int, list[int]] = defaultdict(list)
    for position, index in zip(cell.tolist(), there[provision].tolist(), strict=True):
        holders[position].append(index)
    gathered: defaultdict[_Group, list[BaseGeometry]] = defaultdict(list)
    for position, indices in holders.items():
        gathered[tuple(sorted(indices))].append(cells[position])
    return {group: shapely.union_all(members) for group, members in gathered.items()}


def _any_overlap(tree: shapely.STRtree, grounds: NDArray[np.object_]) -> bool:
    one, other = tree.query(grounds, predicate="intersects")
    pairs = one < other
    common = shapely.intersection(grounds[one[pairs]], grounds[other[pairs]])
    return bool((shapely.area(common) > 0).any())


def _merge_slivers(groups: dict[_Group, BaseGeometry]) -> dict[_Group, BaseGeometry]:
    """Give slivers between boundaries that are meant to be one to the largest group that shares a provision."""
    names = list(groups)
    wide = is_wider(geometry_array([groups[name] for name in names]), SLIVER_WIDTH_M)
    gathered = {name: [groups[name]] for name, is_kept in zip(names, wide, strict=True) if is_kept}
    for name, is_kept in zip(names, wide, strict=True):
        if is_kept:
            continue
        hosts = [host for host in gathered if set(host) & set(name)]
        host = max(hosts, key=lambda candidate: gathered[candidate][0].area, default=name)
        gathered.setdefault(host, []).append(groups[name])
    return {name: _one(members) for name, members in gathered.items()}


def _one(members: list[BaseGeometry]) -> BaseGeometry:
    return members[0] if len(members) == 1 else polygonal(geometry_array([shapely.union_all(members)]))[0]
