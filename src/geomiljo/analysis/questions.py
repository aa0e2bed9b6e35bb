"""What the rules ask of each layer: classes as bits, search distances, rings, and which ground each rule is about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geomiljo.analysis.area import NO_GROUND_M2
from geomiljo.analysis.pieces import LayerSearch
from geomiljo.catalogue.approach import classes_of_rules
from geomiljo.catalogue.rules import Absent
from geomiljo.geometry import geometry_array

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geomiljo.analysis.area import PlanArea, PlanPart
    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.layers import Layer
    from geomiljo.catalogue.rules import Rule


@dataclass(frozen=True, slots=True)
class LayerQuestions:
    """A layer and its rules, ready for measuring and judging.

    Attributes
    ----------
    layer : Layer
    rules : tuple of Rule
        All rules of the layer.
    class_bits : mapping of str to int
        Bit of each class.
    masks : mapping of str to int
        Set of classes that each rule is about, as a bit mask.
    search : LayerSearch
    """

    layer: Layer
    rules: tuple[Rule, ...]
    class_bits: Mapping[str, int]
    masks: Mapping[str, int]
    search: LayerSearch

    @classmethod
    def of(cls, layer: Layer, rules: Sequence[Rule]) -> LayerQuestions:
        """Work out what `rules` ask of `layer`."""
        judged = tuple(rules)
        bits = {class_id: 1 << index for index, class_id in enumerate(layer.class_ids)}
        about = classes_of_rules(layer, judged)
        masks = {rule_id: sum(bits[class_id] for class_id in classes) for rule_id, classes in about.items()}
        search = LayerSearch(
            layer=layer.id,
            reach_m=max([layer.tolerance_m, *(rule.within_m for rule in judged)]) + layer.position_error_m,
            tolerance_m=layer.tolerance_m,
            sliver_width_m=layer.sliver_width_m,
            ring_radii_m=tuple(sorted({rule.within_m for rule in judged if rule.is_near})),
            class_sets=tuple(sorted({*masks.values()})),
        )
        return cls(layer, judged, bits, masks, search)

    def search_around(self, further_m: float) -> LayerSearch:
        """Return the search where objects may lie that much farther from where they are drawn."""
        return replace(self.search, reach_m=self.search.reach_m + further_m) if further_m else self.search

    @property
    def asks_absence(self) -> bool:
        """Whether a rule fires where nothing is."""
        return any(isinstance(rule.when, Absent) for rule in self.rules)

    def reach_of_class(self, bit: int) -> float:
        """Return how far outside the area any rule looks for objects of a class, in metres."""
        return max((rule.within_m for rule in self.rules if self.masks[rule.id] & bit), default=0.0)


def questions_of(catalogue: Catalogue) -> dict[str, LayerQuestions]:
    """Return the questions to every layer of the registers; administrative ones have no rules."""
    return {
        layer.id: LayerQuestions.of(layer, catalogue.rules_by_layer[layer.id]) for layer in catalogue.layers.values()
    }


@dataclass(frozen=True, slots=True)
class Grounds:
    """The areas to measure: the plan, ground by land use, ground of unknown use, and each part.

    Attributes
    ----------
    geometries : ndarray of (Multi)Polygon, shape (m,)
        Row 0 is the whole planning area.
    by_uses : mapping of tuple of str to int
        Row of the ground where the plan allows one of the uses; absent where there is none.
    unknown : int or None
        Row of the ground whose use is unknown; 0 where that is all of it.
    parts : mapping of int to PlanPart
        Each part by its row.
    active : ndarray of bool, shape (m, l)
        Which layers are measured at which row.
    """

    geometries: NDArray[np.object_]
    by_uses: Mapping[tuple[str, ...], int]
    unknown: int | None
    parts: Mapping[int, PlanPart]
    active: NDArray[np.bool_]

    def allowed(self, uses: Sequence[str]) -> tuple[str, ...]:
        """Return those of `uses` that the plan allows somewhere."""
        there = {use for part in self.parts.values() for use in part.uses or ()}
        return tuple(use for use in uses if use in there)

    def is_part(self, row: int) -> bool:
        """Whether a row is less than the planning area, rounding aside."""
        areas = shapely.area(self.geometries[[0, row]])
        return bool(areas[1] < areas[0] - NO_GROUND_M2)

    def rows_about(self, rule: Rule, *, is_conditional: bool) -> Iterator[tuple[int, PlanPart]]:
        """Yield the parts that a rule is about, with their rows: those of its uses, or of unknown use."""
        for row, part in self.parts.items():
            uses = rule.when.uses
            if uses is None or (part.uses is None if is_conditional else bool(set(uses) & set(part.uses or ()))):
                yield row, part

    def parts_about(self, rule: Rule, *, is_conditional: bool) -> tuple[str, ...]:
        """Return the names of the parts that a rule is about."""
        return tuple(part.id for _row, part in self.rows_about(rule, is_conditional=is_conditional))

    @classmethod
    def of(cls, plan: PlanArea, questions: Sequence[LayerQuestions], rasters: Sequence[LayerQuestions] = ()) -> Grounds:
        """Lay out the rows for a plan, the layers that are measured, and the rasters that are read."""
        rows: list[BaseGeometry] = [plan.geometry]
        everywhere = np.ones(len(questions), dtype=bool)
        active = [everywhere]
        by_uses: dict[tuple[str, ...], int] = {}
        asked = np.array([any(rule.when.uses for rule in q.rules) for q in questions], dtype=bool)
        for uses in sorted({rule.when.uses for q in (*questions, *rasters) for rule in q.rules if rule.when.uses}):
            ground = plan.ground_with_use(uses)
            if ground is not None:
                by_uses[uses] = len(rows)
                rows.append(ground[0])
                active.append(np.array([any(r.when.uses == uses for r in q.rules) for q in questions], dtype=bool))
        unknown = None
        if plan.unknown_ground is plan.geometry:
            unknown = 0
        elif plan.unknown_ground is not None:
            unknown = len(rows)
            rows.append(plan.unknown_ground)
            active.append(asked)
        parts = {}
        for part in plan.parts:
            parts[len(rows)] = part
            rows.append(part.geometry)
            active.append(everywhere)
        return cls(geometry_array(rows), by_uses, unknown, parts, np.array(active, dtype=bool))
