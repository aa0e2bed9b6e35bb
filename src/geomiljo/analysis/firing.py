"""Whether a rule fires on a ground, and on which objects. The decision table stands in `docs/method.md`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geomiljo.catalogue.rules import Count, Length, Near, Overlap, Share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geomiljo.analysis.questions import LayerQuestions
    from geomiljo.analysis.tables import Measurements, ObjectTable
    from geomiljo.catalogue.rules import Rule

_KINDS = {0: "point", 1: "line", 2: "polygon"}


@dataclass(frozen=True, slots=True)
class Ground:
    """One layer at one row of the measurements.

    Attributes
    ----------
    questions : LayerQuestions
    measured : Measurements
    row, position : int
        Of the ground and of the layer in the measurements.
    objects : ObjectTable
        The layer's objects at the row.
    """

    questions: LayerQuestions
    measured: Measurements
    row: int
    position: int
    objects: ObjectTable

    @classmethod
    def of(cls, questions: LayerQuestions, measured: Measurements, row: int, position: int) -> Ground:
        """Pick one layer at one row."""
        return cls(questions, measured, row, position, measured.objects.at(row, position))

    def solid(self, mask: int, dimension: int) -> float:
        """Area (2) or length (1) of a set of classes without slivers."""
        return self.measured.solid(self.row, self.position, mask, dimension)

    @property
    def is_solid(self) -> NDArray[np.bool_]:
        """Objects that meet the ground with more than a sliver."""
        return np.logical_and(self.objects.is_inside, ~self.objects.is_sliver)

    @property
    def error_m(self) -> NDArray[np.float64]:
        """How far each point or line may lie from where it is drawn: its own error, else the layer's."""
        own = self.measured.pieces.object_error_m[self.objects.head]
        stated = np.where(np.isnan(own), self.questions.layer.position_error_m, own)
        return np.where(self.objects.dimension < 2, stated, 0.0)

    @property
    def zone_distance_m(self) -> NDArray[np.float64]:
        """Distance of each object's zone: of a point or line, everything within its position error."""
        return np.maximum(self.objects.distance_m - self.error_m, 0.0)

    def about(self, rule: Rule) -> NDArray[np.bool_]:
        """Objects of the classes that the rule is about."""
        is_about: NDArray[np.bool_] = np.not_equal(self.objects.classes & self.questions.masks[rule.id], 0)
        return is_about

    def is_of(self, kinds: frozenset[int]) -> NDArray[np.bool_]:
        """Objects of some kinds of geometry (dimensions)."""
        return np.array([kind in kinds for kind in _KINDS])[self.objects.dimension]


def reached_kinds(ground: Ground, rule: Rule) -> frozenset[int] | None:
    """Return the kinds of geometry (dimensions) for which an inside rule's minimum is reached; None: not inside."""
    when, mask = rule.when, ground.questions.masks[rule.id]
    if isinstance(when, Overlap):
        return _overlap_kinds(ground, rule, when)
    if isinstance(when, Share):
        whole = ground.measured.area_m2[0]
        return frozenset({2}) if ground.solid(mask, 2) >= when.min_share * whole else frozenset()
    if isinstance(when, Length):
        return frozenset({1}) if ground.solid(mask, 1) >= when.min_length_m else frozenset()
    if isinstance(when, Count):
        counted = ground.about(rule) & (ground.is_solid | _within(ground, when.within_m))
        return frozenset(_KINDS) if counted.sum() >= when.min_count else frozenset()
    return None


def _overlap_kinds(ground: Ground, rule: Rule, when: Overlap) -> frozenset[int]:
    mask = ground.questions.masks[rule.id]
    if when.min_area_m2 is None and when.min_length_m is None and when.min_count is None:
        return frozenset(_KINDS)
    points = int((ground.about(rule) & ground.is_solid & (ground.objects.dimension == 0)).sum())
    reached = {
        2: when.min_area_m2 is not None and ground.solid(mask, 2) >= when.min_area_m2,
        1: when.min_length_m is not None and ground.solid(mask, 1) >= when.min_length_m,
        0: when.min_count is not None and points >= when.min_count,
    }
    return frozenset(kind for kind, is_reached in reached.items() if is_reached)


def asked_kinds(rule: Rule) -> frozenset[int]:
    """Return the kinds of geometry (dimensions) that an inside rule is about."""
    when = rule.when
    if isinstance(when, Overlap):
        stated = {2: when.min_area_m2, 1: when.min_length_m, 0: when.min_count}
        kinds = frozenset(kind for kind, minimum in stated.items() if minimum is not None)
        return kinds or frozenset(_KINDS)
    return {Share: frozenset({2}), Length: frozenset({1})}.get(type(when), frozenset(_KINDS))


def _within(ground: Ground, within_m: float | None) -> NDArray[np.bool_]:
    if within_m is None:
        return np.zeros(len(ground.objects), dtype=bool)
    is_within: NDArray[np.bool_] = np.less_equal(ground.zone_distance_m, within_m)
    return is_within


def above_threshold(ground: Ground) -> NDArray[np.bool_]:
    """Tell which objects are hits above threshold.

    An object counts when its interior meets the ground with more than a sliver, and some inside rule about its class
    and kind reaches its minimum, or no inside rule is about them at all.
    """
    if not len(ground.objects):
        return ground.is_solid
    judged = np.zeros(len(ground.objects), dtype=bool)
    reached = np.zeros(len(ground.objects), dtype=bool)
    for rule in ground.questions.rules:
        kinds = reached_kinds(ground, rule)
        if kinds is not None:
            about = ground.about(rule)
            judged |= about & ground.is_of(asked_kinds(rule))
            reached |= about & ground.is_of(kinds)
    return ground.is_solid & (reached | ~judged)


def fire(ground: Ground, rule: Rule) -> NDArray[np.intp]:
    """Return the objects on which the rule fires, as positions in the ground's objects; none: it does not fire."""
    about = ground.about(rule)
    if not about.any():
        return np.empty(0, dtype=np.intp)
    when = rule.when
    if isinstance(when, Near):
        return np.flatnonzero(about & ~above_threshold(ground) & _within(ground, when.within_m))
    kinds = reached_kinds(ground, rule) or frozenset()
    inside = ground.is_solid
    if isinstance(when, Count):
        inside = inside | _within(ground, when.within_m)
    return np.flatnonzero(about & inside & ground.is_of(kinds))
