"""What differs between two assessments, and why: new, gone and changed findings, layers and objectives.

A finding is known again by its rule, its object and the part of the plan that it is about: ground where the plan
allows the rule's uses (or all of it), or ground of unknown use. The cause of a difference is found from assessments
in which one thing was changed at a time; see :func:`compare`.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Generic, TypeVar

from pydantic.alias_generators import to_camel

from geomiljo.analysis.differences import (
    Cause,
    Comparison,
    Edition,
    FindingDifference,
    FindingState,
    LayerChange,
    LayerDifference,
    LayerState,
    ObjectiveDifference,
    ObjectiveState,
    Side,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from geomiljo.analysis.differences import DifferenceKind
    from geomiljo.analysis.results import Assessment, Finding, LayerResult, ObjectiveResult, ObjectResult
    from geomiljo.analysis.values import Words

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
Key = TypeVar("Key")
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


@dataclass(frozen=True, slots=True)
class Flip:
    """One thing changed at a time.

    Attributes
    ----------
    forward : States
        The earlier assessment with only this thing as in the later one.
    backward : States
        The later assessment with only this thing as in the earlier one.
    """

    forward: States
    backward: States


@dataclass(frozen=True, slots=True)
class Changes:
    """What two assessments stand on that differs.

    Attributes
    ----------
    plan, rules : bool
        The planning area with its parts and uses; the registers, the layer set or the method.
    layers : mapping of str to LayerChange
    """

    plan: bool
    rules: bool
    layers: Mapping[str, LayerChange]

    def factors(self, layer: str | None = None) -> tuple[str, ...]:
        """Return what can have caused a difference: in one layer, or (without it) anywhere.

        ``plan``, ``rules``, or ``layer:<id>``.
        """
        layers = [layer_factor(name) for name in self.layers if layer in (None, name)]
        return (*(["plan"] if self.plan else []), *(["rules"] if self.rules else []), *layers)


def layer_factor(layer: str) -> str:
    """Return the name of a layer's version as a possible cause."""
    return f"layer:{layer}"


def changes_between(before: Assessment, after: Assessment) -> Changes:
    """Return what two assessments say that they stand on and that differs.

    A layer that the registers of one side do not have, or have switched off, is a change of rules.
    """
    old, new = ({layer.id: layer for layer in side.layers} for side in (before, after))
    both = [(old[name], new[name]) for name in old if name in new]
    changed = {a.id: LayerChange(a.id, _edition(a), _edition(b)) for a, b in both if _standing(a) != _standing(b)}
    return Changes(
        plan=(before.area.geometry_hash, before.area.parts) != (after.area.geometry_hash, after.area.parts),
        rules=_rules(before) != _rules(after),
        layers=changed,
    )


def compare(
    before: Assessment,
    after: Assessment,
    changes: Changes | None = None,
    flips: Mapping[str, Flip] | None = None,
    notes: Sequence[Words] = (),
) -> Comparison:
    """Return what differs between two assessments, and why.

    Parameters
    ----------
    changes : Changes, optional
        :func:`changes_between` otherwise.
    flips : mapping of str to Flip
        For each factor of `changes`, the assessments with only that changed. Not needed where there is one factor.
    notes : sequence of Words
        What could not be found out.

    Notes
    -----
    A factor is the cause of a difference if changing it alone makes the difference, and changing it back alone undoes
    it, and that holds for no other factor; otherwise there are *several* causes. For new and gone findings the
    difference is that they are there; for changed ones it is everything that is compared. So ``compare(a, b)`` and
    ``compare(b, a)`` name the same causes.
    """
    changes = changes or changes_between(before, after)
    one, other = States.of(before), States.of(after)
    search = _CauseSearch(changes, flips or {})
    rows = list(_differences(one.findings, other.findings))
    return Comparison(
        before=_side(before),
        after=_side(after),
        plan_changed=changes.plan,
        rules_changed=changes.rules,
        layers_changed=tuple(changes.layers.values()),
        findings=tuple(_finding_difference(key, row, search) for key, row in rows),
        layers=tuple(
            LayerDifference(row.kind, layer, row.before, row.after, row.fields, search.of_layer(layer, row))
            for layer, row in _differences(one.layers, other.layers)
        ),
        objectives=tuple(
            ObjectiveDifference(
                number, one.objectives[number], other.objectives[number], row.fields, search.of_objective(number, row)
            )
            for number, row in _differences(one.objectives, other.objectives)
        ),
        unchanged=len(one.findings) - sum(row.kind != "new" for _, row in rows),
        notes=tuple(notes),
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


def _side(assessment: Assessment) -> Side:
    area = assessment.area
    return Side(
        assessment.id, assessment.created_at, area.name, area.area_m2, area.geometry_hash, assessment.catalogue_version
    )


def _edition(layer: LayerResult) -> Edition:
    return Edition(layer.version, layer.source_date, layer.reason)


def _standing(layer: LayerResult) -> tuple[object, ...]:
    """Return what a layer's answer depends on beside plan and rules."""
    if layer.reason == "switched_off":
        return "off", layer.message and layer.message.sv
    return layer.version, layer.status == "failed", layer.reason == "restricted"


def _rules(assessment: Assessment) -> tuple[object, ...]:
    return assessment.catalogue_version, assessment.method_version, assessment.layer_set.id


@dataclass(frozen=True, slots=True)
class _Row(Generic[State]):
    """A key at which two tables differ."""

    kind: DifferenceKind
    before: State | None
    after: State | None
    fields: tuple[str, ...]

    def is_made_by(self, flip: State | None, target: State | None) -> bool:
        """Tell whether a flipped state is as far as the target: there or not there, or equal where it changed."""
        if flip is None or target is None or self.kind != "changed":
            return (flip is None) == (target is None)
        return not changed_fields(flip, target)


def _differences(one: Mapping[Key, State], other: Mapping[Key, State]) -> Iterator[tuple[Key, _Row[State]]]:
    """Yield the keys at which two tables differ: in the order of the first, then what only the other has."""
    for key in [*one, *(key for key in other if key not in one)]:
        before, after = one.get(key), other.get(key)
        if before is None or after is None:
            yield key, _Row("new" if before is None else "gone", before, after, ())
        elif changed := changed_fields(before, after):
            yield key, _Row("changed", before, after, changed)


def _finding_difference(key: FindingKey, row: _Row[FindingState], search: _CauseSearch) -> FindingDifference:
    rule, object_id, conditional = key
    state = row.before or row.after
    layer = state.layer if state else ""
    return FindingDifference(
        kind=row.kind,
        rule=rule,
        layer=layer,
        object_id=object_id,
        conditional=conditional,
        before=row.before,
        after=row.after,
        fields=row.fields,
        cause=search.find(row, layer, lambda states: states.findings.get(key)),
    )


@dataclass(frozen=True, slots=True)
class _CauseSearch:
    """Finds the one thing that makes a difference."""

    changes: Changes
    flips: Mapping[str, Flip]

    def of_layer(self, layer: str, row: _Row[LayerState]) -> Cause:
        return self.find(row, layer, lambda states: states.layers.get(layer))

    def of_objective(self, number: int, row: _Row[ObjectiveState]) -> Cause:
        return self.find(row, None, lambda states: states.objectives.get(number))

    def find(self, row: _Row[State], layer: str | None, state: Callable[[States], State | None]) -> Cause:
        """Return the cause of a difference; `layer` is the only layer that it can come from, None: any."""
        factors = self.changes.factors(layer)
        if len(factors) > 1:
            factors = tuple(factor for factor in factors if self._makes(factor, row, state))
        if len(factors) != 1:
            return Cause("several")
        kind, _, changed = factors[0].partition(":")
        return Cause("layer", self.changes.layers[changed]) if changed else Cause("plan" if kind == "plan" else "rules")

    def _makes(self, factor: str, row: _Row[State], state: Callable[[States], State | None]) -> bool:
        flip = self.flips.get(factor)
        return (
            flip is not None
            and row.is_made_by(state(flip.forward), row.after)
            and row.is_made_by(state(flip.backward), row.before)
        )
