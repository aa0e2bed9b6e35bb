"""Findings that touch the same ground."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from geomiljo.geometry import geometry_array

if TYPE_CHECKING:
    from geomiljo.analysis.shapes import Shapes


def found_together(shapes: Shapes) -> dict[str, tuple[str, ...]]:
    """Return for each finding the others that touch some of its ground inside the plan, in the order of the findings.

    Parts that only touch each other's boundary do not share ground; what lies outside the plan is not asked about.

    Examples
    --------
    A wetland over the east half of a plan meets the trail across it; a tree in the west meets neither.

    >>> from types import SimpleNamespace as Some
    >>> wetland, trail, tree = Some(id="f1"), Some(id="f2"), Some(id="f3")
    >>> parts = [
    ...     Some(finding=wetland, geometry=shapely.box(50, 0, 100, 100), is_clip=True),
    ...     Some(finding=trail, geometry=shapely.LineString([(0, 50), (100, 50)]), is_clip=True),
    ...     Some(finding=tree, geometry=shapely.Point(10, 10), is_clip=True),
    ... ]
    >>> found_together(Some(findings=parts))
    {'f1': ('f2',), 'f2': ('f1',), 'f3': ()}
    """
    inside = [shape for shape in shapes.findings if shape.is_clip]
    ids = list(dict.fromkeys(shape.finding.id for shape in shapes.findings))
    numbers = {finding: number for number, finding in enumerate(ids)}
    of_part = np.array([numbers[shape.finding.id] for shape in inside], dtype=np.int64)
    geometries = geometry_array([shape.geometry for shape in inside])
    one, other = shapely.STRtree(geometries).query(geometries, predicate="intersects")
    are_two = of_part[one] < of_part[other]
    one, other = one[are_two], other[are_two]
    share = ~shapely.touches(geometries[one], geometries[other])
    pairs = np.unique(np.stack([of_part[one[share]], of_part[other[share]]], axis=1), axis=0)
    found: dict[str, list[str]] = {finding: [] for finding in ids}
    for first, second in (*pairs.tolist(), *pairs[:, ::-1].tolist()):
        found[ids[first]].append(ids[second])
    return {finding: tuple(sorted(others, key=numbers.__getitem__)) for finding, others in found.items()}
