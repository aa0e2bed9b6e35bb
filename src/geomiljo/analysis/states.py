"""An assessment laid out as tables that can be compared row by row, and what counts as a difference in a row.

A finding is known again by its rule, its object and the part of the plan that it is about: ground where the plan
allows the rule's uses (or all of it), or ground of unknown use.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, TypeVar

from pydantic.alias_generators import to_camel

from geomiljo.analysis.differences import FindingState, LayerState, ObjectiveState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from geomiljo.analysis.results import Assessment, Finding, LayerResult, ObjectiveResult, ObjectResult

AREA_TOLERANCE_M2 = 0.01
"""Smaller differences of area are the order of a sum, not a change; lengths and distances: 1 mm, shares: 1e-6."""
_TOLERANCES = {
    "area_m2": AREA_TOLERANCE_M2,
    "length_m": 0.001,
    "distance_m": 0.001,
    "share_plan": 1e-6,
    "share_feature": 1e-6,
    "covered_share": 1e-6,
    "ring_covered_share": 1e-6,
}
_UNCOMPARED = {"finding", "version"}
"""Numbers that an assessment gives its findings, and versions: they name, they do not tell."""

_OF_OBJECT = ("name", "class_id", "area_m2", "length_m", "share_plan", "share_feature", "distance_m", "sliver")
_OF_FINDING = tuple(f.name for f in fields(FindingState) if f.name not in _UNCOMPARED and f.name not in _OF_OBJECT)

State = TypeVar("State", FindingState, LayerState, ObjectiveState)
FindingKey = tuple[str, str, bool]
"""Rule, object, and whether the ground is that of unknown use."""


@dataclass(frozen=True, slots=True)
class States:
    """An assessment as tables that can be compared row by row."""

    findings: Mapping[FindingKey, FindingState]
    layers: Mapping[str, LayerState]
    objectives: Mapping[int, ObjectiveState]

    @classmethod
    def of(cls, assessment: Assessment) -> States:
        """Lay out an assessment."""
        return cls(
            {key: state for finding in assessment.findings for key, state in finding_states(finding)},
            {layer.id: _layer_state(layer) for layer in assessment.layers},
            objective_states(assessment.objectives),
        )


def changed_fields(before: State, after: State) -> tuple[str, ...]:
    """Return the names, as in JSON, of what differs between two states by more than rounding."""
    return tuple(
        "class" if field.name == "class_id" else to_camel(field.name)
        for field in fields(before)
        if field.name not in _UNCOMPARED
        and not _equal(field.name, getattr(before, field.name), getattr(after, field.name))
    )


def _equal(name: str, before: object, after: object) -> bool:
    if isinstance(before, float) and isinstance(after, float):
        return math.isclose(before, after, rel_tol=1e-9, abs_tol=_TOLERANCES.get(name, 0.0))
    return before == after


def finding_states(finding: Finding) -> Iterator[tuple[FindingKey, FindingState]]:
    """Yield a finding object by object."""
    for affected in finding.features:
        yield (finding.rule, affected.id, finding.conditional), _finding_state(finding, affected)


def finding_digest(finding: Finding) -> str:
    """Return a hash of a finding, object by object, as comparisons look at it.

    Two findings of a rule with the same hash are unchanged. Numbers count to the tolerances of comparisons: of two that
    lie closer the hashes can differ, where they are rounded apart.
    """
    states = dict(finding_states(finding))
    first = next(iter(states.values()), None)
    common = [getattr(first, name, None) for name in _OF_FINDING]
    objects = sorted(
        [key[1], *(_rounded(name, getattr(state, name)) for name in _OF_OBJECT)] for key, state in states.items()
    )
    return hashlib.sha256(repr([common, objects]).encode()).hexdigest()[:32]


def _rounded(name: str, value: object) -> object:
    return repr(round(value / _TOLERANCES[name]) if isinstance(value, float) else value)


def _finding_state(finding: Finding, affected: ObjectResult) -> FindingState:
    return FindingState(
        finding=finding.id,
        layer=finding.layer,
        title=finding.title,
        severity=finding.severity,
        ground=finding.ground,
        objectives=finding.objectives,
        background=finding.background,
        parts=finding.parts,
        name=affected.name,
        class_id=affected.class_id,
        area_m2=affected.area_m2,
        length_m=affected.length_m,
        share_plan=affected.share_plan,
        share_feature=affected.share_feature,
        distance_m=affected.distance_m,
        sliver=affected.sliver,
        question=finding.question,
        measures=finding.measures,
        evidence=finding.evidence,
        before=finding.before,
        legal=finding.legal,
        basis=finding.basis,
    )


def _layer_state(layer: LayerResult) -> LayerState:
    return LayerState(
        version=layer.version,
        status=layer.status,
        reason=layer.reason,
        answered=layer.answered,
        in_layer_set=layer.in_layer_set,
        covered_share=layer.covered_share,
        ring_covered_share=layer.ring_covered_share,
    )


def objective_states(objectives: Iterable[ObjectiveResult]) -> dict[int, ObjectiveState]:
    """Return the objectives by number, as they are compared."""
    return {o.number: ObjectiveState(o.flag, o.severity, o.reasons) for o in objectives}
