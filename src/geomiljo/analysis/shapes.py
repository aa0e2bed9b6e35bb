"""The shapes that go with an assessment: the plan, its parts, and what each finding is about, for maps and files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geomiljo.geometry import geometry_array

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geomiljo.analysis.area import PlanArea
    from geomiljo.analysis.results import Assessment, Finding, ObjectResult


GROUND_RELATIONS = frozenset({"value", "absent"})
"""Relations that no object makes fire: the shape of such a finding is its ground."""


@dataclass(frozen=True, slots=True)
class FindingShape:
    """An object of a finding.

    Attributes
    ----------
    finding : Finding
    affected : ObjectResult
    geometry : Geometry
        EPSG:3006. The object's part inside the ground that the finding is about; the whole object where it lies
        outside; the ground where no object made the rule fire.
    is_clip : bool
        Whether `geometry` is a part inside.
    """

    finding: Finding
    affected: ObjectResult
    geometry: BaseGeometry
    is_clip: bool


@dataclass(frozen=True, slots=True)
class Shapes:
    """Everything that an assessment can be drawn from, in EPSG:3006.

    Attributes
    ----------
    plan : PlanArea
    findings : tuple of FindingShape
        In the order of the findings and their objects.
    """

    plan: PlanArea
    findings: tuple[FindingShape, ...]


def wanted_objects(assessment: Assessment) -> dict[str, tuple[str, ...]]:
    """Return the ids of the objects that findings are about, by layer."""
    wanted: dict[str, dict[str, None]] = {}
    for finding in assessment.findings:
        if finding.relation in GROUND_RELATIONS:
            continue
        wanted.setdefault(finding.layer, {}).update(dict.fromkeys(f.id for f in finding.features))
    return {layer: tuple(ids) for layer, ids in wanted.items()}


def cut_shapes(assessment: Assessment, plan: PlanArea, objects: Mapping[str, Mapping[str, BaseGeometry]]) -> Shapes:
    """Cut whole objects to what each finding is about.

    Parameters
    ----------
    objects : mapping of str to mapping of str to Geometry
        Whole objects by layer and id, EPSG:3006; those of :func:`wanted_objects`.
    """
    shapes = [shape for f in assessment.findings for shape in _of_finding(f, plan, objects.get(f.layer, {}))]
    return Shapes(plan, tuple(shapes))


def _of_finding(finding: Finding, plan: PlanArea, objects: Mapping[str, BaseGeometry]) -> Iterator[FindingShape]:
    ground = ground_of(finding, plan)
    if finding.relation in GROUND_RELATIONS:
        yield FindingShape(finding, finding.features[0], ground, is_clip=False)
        return
    whole = geometry_array([objects[affected.id] for affected in finding.features])
    inside = np.array([a.distance_m == 0 and not a.sliver and finding.relation != "near" for a in finding.features])
    parts = whole.copy()
    parts[inside] = _same_kind(shapely.intersection(whole[inside], ground), whole[inside])
    for affected, part, clipped in zip(finding.features, parts, inside, strict=True):
        yield FindingShape(finding, affected, part, bool(clipped))


def ground_of(finding: Finding, plan: PlanArea) -> BaseGeometry:
    """Return the ground that a finding is about: the plan, the parts with its uses, or those of unknown use."""
    if finding.uses is None:
        return plan.geometry
    if finding.conditional:
        return plan.unknown_ground if plan.unknown_ground is not None else plan.geometry
    matching = plan.ground_with_use(finding.uses)
    return matching[0] if matching is not None else plan.geometry


def _same_kind(parts: NDArray[np.object_], whole: NDArray[np.object_]) -> NDArray[np.object_]:
    """Leave out points and lines where an area only touches the boundary."""
    result = parts.copy()
    for index in np.flatnonzero(shapely.get_type_id(parts) == shapely.GeometryType.GEOMETRYCOLLECTION):
        members = shapely.get_parts(parts[index])
        kept = members[shapely.get_dimensions(members) == shapely.get_dimensions(whole[index])]
        result[index] = shapely.union_all(kept)
    return result
