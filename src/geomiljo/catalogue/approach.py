"""Which classes each rule of a layer is about, and that coming closer never loses an objective."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geomiljo.catalogue.layers import UNCLASSIFIED
from geomiljo.catalogue.rules import SEVERITIES, Count, Length, Overlap, Rule, Share

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from geomiljo.catalogue.layers import Layer


def classes_of_rules(layer: Layer, rules: Sequence[Rule]) -> Mapping[str, frozenset[str]]:
    """Return the classes that each rule is about, by rule id.

    A rule that names no classes is about all of them. An object that no class filter takes is `unclassified`; it
    fires the layer's strictest inside rule and its strictest near rule besides those that are about every class.
    """
    about = {rule.id: set(rule.when.classes or layer.class_ids) for rule in rules}
    if UNCLASSIFIED in layer.class_ids:
        for family in ([r for r in rules if not r.is_near], [r for r in rules if r.is_near]):
            if family:
                about[min(family, key=_strictness).id].add(UNCLASSIFIED)
    return {rule_id: frozenset(classes) for rule_id, classes in about.items()}


def _strictness(rule: Rule) -> tuple[bool, int, float]:
    return rule.background, SEVERITIES.index(rule.severity), -rule.within_m


def milder_catch_all(layer: Layer, rules: Sequence[Rule]) -> Iterator[tuple[str, str]]:
    """Yield classes without a filter that would take objects of unknown attributes out of reach of a stricter rule.

    Yields
    ------
    tuple of str
        Id of the class, and the rule that is stricter about another class.
    """
    about = classes_of_rules(layer, rules)
    for catch_all in (c.id for c in layer.classes if c.filter is None):
        own = [rule for rule in rules if catch_all in about[rule.id]]
        for rule in (r for r in rules if catch_all not in about[r.id]):
            if not any(o.is_near == rule.is_near and _strictness(o) <= _strictness(rule) for o in own):
                yield catch_all, rule.id


def lost_by_approach(layer: Layer, rules: Sequence[Rule]) -> Iterator[tuple[str, str]]:
    """Yield near rules whose objectives would be lost when the planning area reaches the object.

    An object inside and above threshold is no longer near. So each objective of a near rule that is not background
    must be carried by an inside rule over each of its classes, whatever the kind of geometry and for the same land
    uses.

    Yields
    ------
    tuple of str
        Id of the near rule, and what is missing.
    """
    about = classes_of_rules(layer, rules)
    inside = [rule for rule in rules if rule.is_inside and not rule.background]
    for near in (rule for rule in rules if rule.is_near and not rule.background):
        for class_id in sorted(about[near.id]):
            candidates = [r for r in inside if class_id in about[r.id] and _serves_uses(r, near)]
            for kind in layer.kinds:
                carried = {o for rule in candidates if _serves_kind(rule, kind) for o in rule.objectives}
                missing = [o for o in near.objectives if o not in carried]
                if missing and kind != "raster":
                    yield (
                        near.id,
                        f"objectives {missing} of class {class_id} ({kind}) are carried by no inside rule",
                    )


def _serves_uses(rule: Rule, near: Rule) -> bool:
    return rule.when.uses is None or (near.when.uses is not None and set(near.when.uses) <= set(rule.when.uses))


def _serves_kind(rule: Rule, kind: str) -> bool:
    when = rule.when
    if isinstance(when, Overlap):
        minima = {"polygon": when.min_area_m2, "line": when.min_length_m, "point": when.min_count}
        return minima.get(kind) is not None or not any(minima.values())
    if isinstance(when, Share):
        return kind == "polygon"
    if isinstance(when, Length):
        return kind == "line"
    return isinstance(when, Count)
