"""From a rule that fired to the finding: what the rule says, beside what was measured."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from geomiljo.analysis.results import Finding, ObjectResult
from geomiljo.analysis.statements import condition, on_ground, under_condition
from geomiljo.analysis.values import BasisResult, EvidenceResult, LegalResult, MeasureResult, Words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from geomiljo.analysis.questions import Grounds, LayerQuestions
    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.base import Text
    from geomiljo.catalogue.layers import Layer
    from geomiljo.catalogue.rules import Rule


GROUND = "plan"
"""Id that stands for the ground itself, in findings that no object of a layer made fire."""


@dataclass(frozen=True, slots=True)
class Fired:
    """What was measured where a rule fired; the fields are those of a finding."""

    statement: Words
    parts: tuple[str, ...]
    area_m2: float = 0.0
    share: float | None = None
    length_m: float | None = None
    count: int = 0
    distance_m: float | None = None
    value: float | None = None
    unit: str | None = None
    unclassified: int = 0
    features: tuple[ObjectResult, ...] = field(default=())


def finding_of(
    catalogue: Catalogue, rule: Rule, fired: Fired, grounds: Grounds, *, is_conditional: bool, is_part: bool
) -> Finding:
    """Return the finding of a rule that fired, still without its number.

    Parameters
    ----------
    is_conditional : bool
        It fired on ground whose use is unknown.
    is_part : bool
        It was measured on less than the planning area.
    """
    given = condition(rule.when.uses or (), catalogue.land_uses) if is_conditional else None
    statement = fired.statement
    if given is not None:
        statement = under_condition(statement, given)
    elif rule.when.uses is not None and is_part:
        statement = on_ground(statement, grounds.allowed(rule.when.uses), catalogue.land_uses)
    return Finding(
        id="",
        rule=rule.id,
        layer=rule.layer,
        relation=rule.when.relation,
        severity=rule.severity,
        ground=rule.ground,
        objectives=rule.objectives,
        background=rule.background,
        conditional=is_conditional,
        uses=rule.when.uses,
        condition=given,
        area_m2=fired.area_m2,
        share=fired.share,
        length_m=fired.length_m,
        count=fired.count,
        distance_m=fired.distance_m,
        value=fired.value,
        unit=fired.unit,
        unclassified=fired.unclassified,
        parts=fired.parts,
        title=Words(rule.title.sv, rule.title.en),
        statement=statement,
        question=words(rule.question),
        measures=tuple(MeasureResult(m.step, m.sv, m.en) for m in rule.measures),
        evidence=tuple(EvidenceResult(name, name, catalogue.evidence[name].en) for name in rule.evidence),
        before=rule.before,
        guidance=rule.guidance,
        legal=_legal(catalogue, rule),
        basis=BasisResult(rule.basis.status, rule.basis.source, rule.basis.legal),
        owner=rule.owner,
        features=fired.features,
    )


def the_ground(layer: Layer, area_m2: float, share_plan: float) -> ObjectResult:
    """Return the ground that a rule fired on, in the place of an object."""
    return ObjectResult(GROUND, None, layer.class_ids[0], area_m2, 0.0, share_plan, None, 0.0)


def rows_of(rule: Rule, grounds: Grounds) -> list[tuple[int, bool]]:
    """Return the rows that a rule is judged at, and whether it would hold there under a condition only."""
    uses = rule.when.uses
    if uses is None:
        return [(0, False)]
    rows = [(grounds.by_uses[uses], False)] if uses in grounds.by_uses else []
    return rows if grounds.unknown is None else [*rows, (grounds.unknown, True)]


def findings_of(
    catalogue: Catalogue,
    questions: LayerQuestions,
    grounds: Grounds,
    fired_at: Callable[[Rule, int, bool], Fired | None],
) -> Iterator[Finding]:
    """Yield the findings of a layer's rules, each judged at its rows.

    Parameters
    ----------
    fired_at : callable
        Returns what was measured for a rule, a row, and whether it is judged there under a condition; None: it does
        not fire.
    """
    for rule in questions.rules:
        for row, is_conditional in rows_of(rule, grounds):
            fired = fired_at(rule, row, is_conditional)
            if fired is not None:
                is_part = grounds.is_part(row)
                yield finding_of(catalogue, rule, fired, grounds, is_conditional=is_conditional, is_part=is_part)


def words(text: Text) -> Words:
    """Return a text of the registers as a value of an assessment."""
    return Words(text.sv, text.en)


def _legal(catalogue: Catalogue, rule: Rule) -> tuple[LegalResult, ...]:
    status = catalogue.legal_status
    return tuple(LegalResult(legal.ref, words(legal.about), status[legal.ref]) for legal in rule.legal)
