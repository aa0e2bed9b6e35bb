"""What differs between two assessments, and why: new, gone and changed findings, layers and objectives.

The cause of a difference is found from assessments in which one thing was changed at a time; see :func:`compare`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

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
from geomiljo.analysis.states import State, States, changed_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from geomiljo.analysis.differences import DifferenceKind
    from geomiljo.analysis.results import Assessment, LayerResult
    from geomiljo.analysis.states import FindingKey
    from geomiljo.analysis.values import Words

Key = TypeVar("Key")


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
