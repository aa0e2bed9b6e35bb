"""The sixteen objectives: touched, not touched, or unknown and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geomiljo.analysis.results import ObjectiveResult
from geomiljo.analysis.values import Words
from geomiljo.catalogue.rules import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geomiljo.analysis.results import Finding, LayerResult, ObjectiveReason
    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.registers import Objective


def flag_objectives(
    catalogue: Catalogue, layer_set: frozenset[str], findings: Sequence[Finding], layers: Sequence[LayerResult]
) -> tuple[ObjectiveResult, ...]:
    """Return the sixteen objectives in order.

    An objective is *touched* by any finding that carries it, is not background and not conditional. Otherwise it is
    *unknown* where a bearing layer of the set did not answer, where none bears on it, where no map can clear it, or
    where only conditional findings carry it. Only what is left is *not touched*.
    """
    answered = {layer.id: layer.answered for layer in layers}
    bearing = bearing_layers(catalogue, layer_set)
    return tuple(
        _flag(objective, bearing[number], answered, findings)
        for number, objective in sorted(catalogue.objectives.items())
    )


def bearing_layers(catalogue: Catalogue, layer_set: frozenset[str]) -> dict[int, list[str]]:
    """Return the layers of the set that bear on each objective: through a rule that is not background."""
    bearing: dict[int, list[str]] = {number: [] for number in catalogue.objectives}
    for layer_id, rules in catalogue.rules_by_layer.items():
        if layer_id in layer_set:
            for number in {o for rule in rules if not rule.background for o in rule.objectives}:
                bearing[number].append(layer_id)
    return bearing


def _flag(
    objective: Objective, bearing: Sequence[str], answered: Mapping[str, bool], findings: Sequence[Finding]
) -> ObjectiveResult:
    carrying = [f for f in findings if objective.number in f.objectives and not f.background]
    certain = [f for f in carrying if not f.conditional]
    unanswered = tuple(layer for layer in bearing if not answered.get(layer, False))
    reasons: list[ObjectiveReason] = []
    if not certain:
        if unanswered:
            reasons.append("layer_unanswered")
        if not bearing:
            reasons.append("no_layer_bearing")
        if not objective.spatial_evidence:
            reasons.append("no_spatial_evidence")
        if carrying:
            reasons.append("conditional_only")
    return ObjectiveResult(
        number=objective.number,
        name=Words(objective.name.sv, objective.name.en),
        flag="touched" if certain else "unknown" if reasons else "not_touched",
        severity=min((f.severity for f in certain), key=SEVERITIES.index, default=None),
        reasons=tuple(reasons),
        findings=tuple(f.id for f in findings if objective.number in f.objectives),
        layers_bearing=len(bearing),
        layers_answered=len(bearing) - len(unanswered),
        unanswered_layers=unanswered,
    )
