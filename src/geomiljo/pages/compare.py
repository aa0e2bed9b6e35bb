"""Two assessments of a plan beside each other: what is new, gone, changed or the same, rule by rule, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from geomiljo import wording
from geomiljo.texts import mark as _
from geomiljo.texts import translate
from geomiljo.units import format_area, format_length, format_share

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from geomiljo.analysis.differences import Cause, Comparison, FindingDifference, FindingState, ObjectiveState
    from geomiljo.analysis.results import Assessment, Finding
    from geomiljo.catalogue import Catalogue
    from geomiljo.texts import Language

Kind = Literal["new", "gone", "changed", "same"]
KINDS: dict[Kind, str] = {"new": _("New"), "gone": _("Gone"), "changed": _("Changed"), "same": _("Unchanged")}
ROWS_SHOWN = 100
"""Objects of a finding that are listed; the rest are counted."""
_CAUSES = {
    "plan": _("the plan has changed"),
    "rules": _("the rule has changed"),
    "layer": _("the data have changed"),
    "several": _("several things have changed together"),
}
_FIELD = {
    "areaM2": _("area"),
    "lengthM": _("length"),
    "sharePlan": _("share of the plan"),
    "shareFeature": _("share of the object"),
    "distanceM": _("distance"),
    "severity": _("severity"),
    "ground": _("review ground"),
    "parts": _("parts of the plan"),
    "name": _("name"),
    "class": _("class"),
}


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """An object of a finding that differs.

    Attributes
    ----------
    before, after : str
        How much of it meets the plan, in words; a dash where it does not.
    fields : str
        What differs.
    cause : str
    """

    name: str
    kind: Kind
    before: str
    after: str
    fields: str
    cause: str


@dataclass(frozen=True, slots=True)
class FindingCard:
    """A finding in one of the assessments or both.

    Attributes
    ----------
    before, after : Finding or None
    causes : tuple of str
        Why, each once; empty where nothing differs.
    rows : tuple of ObjectRow
    left_out : int
        Objects that differ and are not listed.
    """

    kind: Kind
    before: Finding | None
    after: Finding | None
    causes: tuple[str, ...]
    rows: tuple[ObjectRow, ...]
    left_out: int

    @property
    def finding(self) -> Finding:
        """The later one where there is one."""
        shown = self.after or self.before
        assert shown is not None  # noqa: S101 - a card is made of one at least
        return shown


def finding_cards(
    before: Assessment, after: Assessment, comparison: Comparison, language: Language
) -> tuple[FindingCard, ...]:
    """Return the findings of both assessments: new, gone, changed, then those that are the same."""
    old, new = _by_key(before), _by_key(after)
    differing: dict[tuple[str, bool], list[FindingDifference]] = {}
    for difference in comparison.findings:
        differing.setdefault((difference.rule, difference.conditional), []).append(difference)
    cards = [
        _card(old.get(key), new.get(key), differing.get(key, []), language)
        for key in [*new, *(key for key in old if key not in new)]
    ]
    order = list(KINDS)
    return tuple(sorted(cards, key=lambda card: order.index(card.kind)))


def _by_key(assessment: Assessment) -> Mapping[tuple[str, bool], Finding]:
    return {(finding.rule, finding.conditional): finding for finding in assessment.findings}


def _card(
    before: Finding | None, after: Finding | None, differences: list[FindingDifference], language: Language
) -> FindingCard:
    kind: Kind = "new" if before is None else "gone" if after is None else "changed" if differences else "same"
    rows = tuple(_object_row(difference, language) for difference in differences[:ROWS_SHOWN])
    causes = dict.fromkeys(_cause(difference.cause, language) for difference in differences)
    return FindingCard(kind, before, after, tuple(causes), rows, max(0, len(differences) - ROWS_SHOWN))


def _object_row(difference: FindingDifference, language: Language) -> ObjectRow:
    state = difference.after or difference.before
    named = dict.fromkeys(translate(_FIELD.get(name, _("text of the rule")), language) for name in difference.fields)
    return ObjectRow(
        (state.name if state else None) or difference.object_id,
        difference.kind,
        _measure(difference.before, language),
        _measure(difference.after, language),
        ", ".join(named),
        _cause(difference.cause, language),
    )


def _measure(state: FindingState | None, language: Language) -> str:
    if state is None:
        return "–"
    if state.area_m2 > 0:
        return f"{format_area(state.area_m2, language)} ({format_share(state.share_plan, language)})"
    if state.length_m > 0:
        return format_length(state.length_m, language)
    if state.distance_m > 0:
        return translate(_("{distance} away"), language, distance=format_length(state.distance_m, language))
    return translate(_("there"), language)


def _cause(cause: Cause, language: Language) -> str:
    """Return why there is a difference, with the layer's versions where that is the reason."""
    told = translate(_CAUSES[cause.kind], language)
    if cause.layer is None:
        return told
    was, now = wording.editions(cause.layer, language)
    return translate(_("{cause}: {now} instead of {was}"), language, cause=told, was=was, now=now)


@dataclass(frozen=True, slots=True)
class StateRow:
    """A layer or an objective that stands otherwise."""

    title: str
    before: str
    after: str
    cause: str


def layer_rows(comparison: Comparison, catalogue: Catalogue, language: Language) -> tuple[StateRow, ...]:
    """Return the layers that answer otherwise."""
    rows = []
    for difference in comparison.layers:
        layer = catalogue.layers.get(difference.layer)
        was, now = (
            translate(wording.STATUS[side.status], language) if side else "–"
            for side in (difference.before, difference.after)
        )
        title = layer.title.get(language) if layer else difference.layer
        rows.append(StateRow(title, was, now, _cause(difference.cause, language)))
    return tuple(rows)


def objective_rows(comparison: Comparison, catalogue: Catalogue, language: Language) -> tuple[StateRow, ...]:
    """Return the objectives whose flag differs."""
    return tuple(
        StateRow(
            f"{difference.number} {catalogue.objectives[difference.number].name.get(language)}",
            _flag(difference.before, language),
            _flag(difference.after, language),
            _cause(difference.cause, language),
        )
        for difference in comparison.objectives
    )


def _flag(state: ObjectiveState, language: Language) -> str:
    flag = translate(wording.FLAG[state.flag], language)
    return f"{flag}: {translate(wording.SEVERITY[state.severity], language)}" if state.severity else flag


def kind_counts(cards: Iterable[FindingCard]) -> Mapping[Kind, int]:
    """Return how many findings there are of each kind."""
    counts: dict[Kind, int] = dict.fromkeys(KINDS, 0)
    for card in cards:
        counts[card.kind] += 1
    return counts
