"""Two assessments of a plan beside each other: what is new, gone, changed or the same, rule by rule, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geomiljo import wording
from geomiljo.texts import mark as _
from geomiljo.texts import translate
from geomiljo.units import format_area, format_length, format_share
from geomiljo.wording import DIFFERENCE, Difference

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from geomiljo.analysis.differences import Comparison, FindingDifference, FindingState, ObjectiveState
    from geomiljo.analysis.results import Assessment, Finding
    from geomiljo.catalogue import Catalogue
    from geomiljo.texts import Language

ROWS_SHOWN = 100
"""Objects of a finding that are listed; the rest are counted."""
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
    kind: Difference
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

    kind: Difference
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
    before: Assessment, after: Assessment, comparison: Comparison, catalogue: Catalogue, language: Language
) -> tuple[FindingCard, ...]:
    """Return the findings of both assessments: new, gone, changed, then those that are the same."""
    titles = _titles(catalogue, language)
    old, new = _by_key(before), _by_key(after)
    differing: dict[tuple[str, bool], list[FindingDifference]] = {}
    for difference in comparison.findings:
        differing.setdefault((difference.rule, difference.conditional), []).append(difference)
    cards = [
        _card(old.get(key), new.get(key), differing.get(key, []), titles, language)
        for key in [*new, *(key for key in old if key not in new)]
    ]
    order = list(DIFFERENCE)
    return tuple(sorted(cards, key=lambda card: order.index(card.kind)))


def _titles(catalogue: Catalogue, language: Language) -> dict[str, str]:
    return {layer.id: layer.title.get(language) for layer in catalogue.layers.values()}


def _by_key(assessment: Assessment) -> Mapping[tuple[str, bool], Finding]:
    return {(finding.rule, finding.conditional): finding for finding in assessment.findings}


def _card(
    before: Finding | None,
    after: Finding | None,
    differences: list[FindingDifference],
    titles: Mapping[str, str],
    language: Language,
) -> FindingCard:
    kind: Difference = "new" if before is None else "gone" if after is None else "changed" if differences else "same"
    rows = tuple(_object_row(difference, titles, language) for difference in differences[:ROWS_SHOWN])
    causes = dict.fromkeys(wording.cause(difference.cause, language, titles) for difference in differences)
    return FindingCard(kind, before, after, tuple(causes), rows, max(0, len(differences) - ROWS_SHOWN))


def _object_row(difference: FindingDifference, titles: Mapping[str, str], language: Language) -> ObjectRow:
    state = difference.after or difference.before
    named = dict.fromkeys(translate(_FIELD.get(name, _("text of the rule")), language) for name in difference.fields)
    return ObjectRow(
        (state.name if state else None) or difference.object_id,
        difference.kind,
        _measure(difference.before, language),
        _measure(difference.after, language),
        ", ".join(named),
        wording.cause(difference.cause, language, titles),
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


@dataclass(frozen=True, slots=True)
class StateRow:
    """A layer or an objective that stands otherwise."""

    title: str
    before: str
    after: str
    cause: str


def layer_rows(comparison: Comparison, catalogue: Catalogue, language: Language) -> tuple[StateRow, ...]:
    """Return the layers that answer otherwise."""
    titles = _titles(catalogue, language)
    rows = []
    for difference in comparison.layers:
        was, now = (
            translate(wording.STATUS[side.status], language) if side else "–"
            for side in (difference.before, difference.after)
        )
        rows.append(
            StateRow(
                titles.get(difference.layer, difference.layer),
                was,
                now,
                wording.cause(difference.cause, language, titles),
            )
        )
    return tuple(rows)


def objective_rows(comparison: Comparison, catalogue: Catalogue, language: Language) -> tuple[StateRow, ...]:
    """Return the objectives whose flag differs."""
    titles = _titles(catalogue, language)
    return tuple(
        StateRow(
            f"{difference.number} {catalogue.objectives[difference.number].name.get(language)}",
            _flag(difference.before, language),
            _flag(difference.after, language),
            wording.cause(difference.cause, language, titles),
        )
        for difference in comparison.objectives
    )


def _flag(state: ObjectiveState, language: Language) -> str:
    flag = translate(wording.FLAG[state.flag], language)
    return f"{flag}: {translate(wording.SEVERITY[state.severity], language)}" if state.severity else flag


def kind_counts(cards: Iterable[FindingCard]) -> Mapping[Difference, int]:
    """Return how many findings there are of each kind."""
    counts: dict[Difference, int] = dict.fromkeys(DIFFERENCE, 0)
    for card in cards:
        counts[card.kind] += 1
    return counts
