"""One thing changed at a time: what two assessments stand on, exchanged piece by piece and measured again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from geomiljo.analysis.compare import Flip, changes_between, compare, layer_factor
from geomiljo.analysis.objectives import flag_objectives
from geomiljo.analysis.states import States, objective_states

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geomiljo.analysis.area import PlanArea
    from geomiljo.analysis.compare import Changes
    from geomiljo.analysis.differences import Comparison
    from geomiljo.analysis.results import Assessment
    from geomiljo.analysis.values import Words
    from geomiljo.assessments.assess import Assessor
    from geomiljo.layers.readers import Reader

_Corner = tuple[int, int, int]
"""From which side plan, rules and layers are: 0 the earlier assessment, 1 the later one."""


@dataclass(frozen=True)
class Footing:
    """An assessment with what it stands on.

    Attributes
    ----------
    assessment : Assessment
    plan : PlanArea
    assessor : Assessor or None
        With the registers of then; None: they are no longer kept, or the method was another.
    reader : Reader or None
        Over the layer versions of then; None: some are no longer kept.
    hidden : frozenset of str
        Layers that the asker of then could not see.
    """

    assessment: Assessment
    plan: PlanArea
    assessor: Assessor | None
    reader: Reader | None
    hidden: frozenset[str]


def explain(before: Footing, after: Footing, notes: Sequence[Words] = ()) -> Comparison:
    """Compare two assessments and find the cause of each difference by measuring again.

    Where something of then is no longer there, what it would have told counts as not known: such a difference has
    several causes, unless only one thing has changed.
    """
    changes = exact_changes(before, after)
    corners = _Corners((before, after), changes)
    flips = {factor: flip for factor in changes.factors() if (flip := corners.flip(factor)) is not None}
    return compare(before.assessment, after.assessment, changes, flips, notes)


def exact_changes(before: Footing, after: Footing) -> Changes:
    """Return what differs: planning areas by their geometry, and layers that rules switch off not as layers."""
    changes = changes_between(before.assessment, after.assessment)
    ruled = {
        layer for side in (before, after) if side.assessor for layer in side.assessor.catalogue.switched_off
    } if changes.rules else set()  # fmt: skip
    layers = {layer: change for layer, change in changes.layers.items() if layer not in ruled}
    return replace(changes, plan=before.plan.question != after.plan.question, layers=layers)


@dataclass(frozen=True)
class _Corners:
    """The assessments between two assessments, each made once."""

    sides: tuple[Footing, Footing]
    changes: Changes
    _made: dict[_Corner, Assessment | None] = field(default_factory=dict)

    def flip(self, factor: str) -> Flip | None:
        """Return both assessments with one factor exchanged; None where one cannot be made."""
        if len(self.changes.factors()) == 1:
            return None
        if factor.startswith("layer:"):
            forward, backward = self._with_layer(factor, 0), self._with_layer(factor, 1)
        else:
            forward, backward = (self._states(self._turned(factor, side)) for side in (0, 1))
        return Flip(forward, backward) if forward and backward else None

    @staticmethod
    def _turned(factor: str, side: int) -> _Corner:
        other = 1 - side
        return (other if factor == "plan" else side, other if factor == "rules" else side, side)

    def _states(self, corner: _Corner) -> States | None:
        assessment = self._assessment(corner)
        return States.of(assessment) if assessment else None

    def _assessment(self, corner: _Corner) -> Assessment | None:
        """Return the assessment of a corner; what has not changed is taken from the earlier side."""
        has_changed = (self.changes.plan, self.changes.rules, bool(self.changes.layers))
        key = tuple(side if changed else 0 for side, changed in zip(corner, has_changed, strict=True))
        for side in (0, 1):
            if key == tuple(side if changed else 0 for changed in has_changed):
                return self.sides[side].assessment
        if key not in self._made:
            self._made[key] = self._measure(*key)  # type: ignore[index]
        return self._made[key]  # type: ignore[index]

    def _measure(self, plan: int, rules: int, layers: int) -> Assessment | None:
        assessor, reader = self.sides[rules].assessor, self.sides[layers].reader
        if assessor is None or reader is None:
            return None
        layer_set = self.sides[rules].assessment.layer_set.id
        return assessor.assess(self.sides[plan].plan, reader, layer_set, self.sides[layers].hidden)

    def _with_layer(self, factor: str, side: int) -> States | None:
        """Return one side with a single layer as on the other side.

        Findings and statuses of a layer depend on no other layer, so they are those of all layers exchanged at once;
        the objectives are flagged anew.
        """
        own, turned = self._assessment((side, side, side)), self._assessment((side, side, 1 - side))
        assessor = self.sides[side].assessor
        if own is None or turned is None:
            return None
        states = States.of(turned)
        if len(self.changes.layers) == 1:
            return states
        if assessor is None:
            return None
        chosen = factor.removeprefix(layer_factor(""))
        findings = [
            *(f for f in own.findings if f.layer != chosen),
            *(f for f in turned.findings if f.layer == chosen),
        ]
        layers = [b if b.id == chosen else a for a, b in zip(own.layers, turned.layers, strict=True)]
        in_set = assessor.catalogue.layers_in_set(own.layer_set.id)
        objectives = flag_objectives(assessor.catalogue, in_set, findings, layers)
        return replace(states, objectives=objective_states(objectives))
