"""What the page says about layers: those without a full answer, all of them, and objects that made no hit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geomiljo import wording
from geomiljo.analysis.results import LAYER_STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from geomiljo.analysis.results import Assessment, LayerResult, LayerStatus, ObjectResult
    from geomiljo.catalogue import Catalogue
    from geomiljo.texts import Language

_SHARED = 4
"""As many layers with the same reason are told together."""
MAX_ROWS = 500
"""Objects without a hit that the page lists; the rest are counted."""


@dataclass(frozen=True, slots=True)
class OpenLayer:
    """A layer without a full answer: why, and the objectives that wait for it."""

    layer: LayerResult
    why: str
    objectives: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """The layers without a full answer that have the same status; those of the layer set first.

    Attributes
    ----------
    status : LayerStatus
    single : tuple of OpenLayer
        Layers with a reason of their own.
    shared : mapping of str to list of OpenLayer
        Layers by the reason that they share.
    """

    status: LayerStatus
    single: tuple[OpenLayer, ...]
    shared: Mapping[str, list[OpenLayer]]

    @property
    def count(self) -> int:
        """How many layers there are."""
        return len(self.single) + sum(map(len, self.shared.values()))


@dataclass(frozen=True, slots=True)
class AsideRow:
    """An object that is there but made no hit."""

    layer: LayerResult
    status: LayerStatus
    thing: ObjectResult
    measure: str


def gaps(assessment: Assessment, catalogue: Catalogue, language: Language) -> list[Gap]:
    """Return every layer that did not answer in full, by status."""
    unanswered = [layer for layer in assessment.layers if not layer.answered]
    unanswered.sort(key=lambda layer: not layer.in_layer_set)
    rows = [OpenLayer(layer, wording.why_open(layer, language), _objectives(layer, catalogue)) for layer in unanswered]
    groups = {status: [row for row in rows if row.layer.status == status] for status in LAYER_STATUSES}
    return [_gap(status, members) for status, members in groups.items() if members]


def _gap(status: LayerStatus, rows: list[OpenLayer]) -> Gap:
    by_reason: dict[str, list[OpenLayer]] = {}
    for row in rows:
        by_reason.setdefault(row.why, []).append(row)
    shared = {why: members for why, members in by_reason.items() if len(members) >= _SHARED}
    return Gap(status, tuple(row for row in rows if row.why not in shared), shared)


def _objectives(layer: LayerResult, catalogue: Catalogue) -> tuple[int, ...]:
    rules = catalogue.rules_by_layer.get(layer.id, ())
    return tuple(sorted({number for rule in rules if not rule.background for number in rule.objectives}))


def aside(assessment: Assessment, language: Language) -> tuple[list[AsideRow], int]:
    """Return the objects that are there but made no hit, and how many more there are: nothing is hidden."""
    rows = list(_aside_rows(assessment, language))
    return rows[:MAX_ROWS], max(0, len(rows) - MAX_ROWS)


def _aside_rows(assessment: Assessment, language: Language) -> Iterator[AsideRow]:
    statuses: tuple[LayerStatus, ...] = ("below_threshold", "adjacent", "near")
    for status in statuses:
        for layer in assessment.layers:
            things: tuple[ObjectResult, ...] = getattr(layer, status)
            yield from (AsideRow(layer, status, thing, wording.object_measure(thing, language)) for thing in things)
