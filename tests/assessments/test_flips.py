"""Causes of differences: every case of one changed thing, and properties over random worlds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
import shapely
from factories import box, plan, point, reader_over, staged, whole
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry
from strategies import areas, polygons

from geomiljo.analysis.area import PlanArea
from geomiljo.analysis.differences import Cause, Comparison, DifferenceKind, comparison_json
from geomiljo.assessments import Assessor
from geomiljo.assessments.flips import Footing, explain
from geomiljo.catalogue import Catalogue, open_catalogue

CATALOGUE = open_catalogue()
Layers = Mapping[str, Sequence[BaseGeometry]]
PLAN = box(0, 0, 100, 100)


def milder(catalogue: Catalogue) -> Catalogue:
    """Registers in which reserves only need considering and protected wetlands no longer count."""
    rules = {
        key: rule.model_copy(update={"severity": "consider"}) if rule.layer == "naturreservat" else rule
        for key, rule in catalogue.rules.items()
        if rule.layer != "ramsar"
    }
    return replace(catalogue, rules=rules, version="sha256:milder")


ASSESSORS = {False: Assessor.of(CATALOGUE), True: Assessor.of(milder(CATALOGUE))}


@dataclass(frozen=True)
class World:
    """A plan, what the layers hold, and whether the rules are the milder ones."""

    plan: PlanArea
    layers: Layers
    is_milder: bool = False

    def footing(self) -> Footing:
        made = {
            name: staged(CATALOGUE, name, shapes, NVRID=[f"{name}{n}" for n in range(len(shapes))])
            for name, shapes in self.layers.items()
        }
        reader, assessor = reader_over(made), ASSESSORS[self.is_milder]
        return Footing(assessor.assess(self.plan, reader), self.plan, assessor, reader, frozenset())


def difference(before: World, after: World) -> Comparison:
    return explain(before.footing(), after.footing())


def causes(comparison: Comparison) -> dict[tuple[str, str], str]:
    return {(d.rule, d.kind): cause_of(d.cause) for d in comparison.findings}


def cause_of(cause: Cause) -> str:
    return cause.kind if cause.layer is None else f"layer:{cause.layer.layer}"


BASE = World(whole(PLAN), {"naturreservat": [box(50, 0, 150, 100)], "ramsar": [box(0, 50, 100, 150)]})


def test_nothing_changed_differs_in_nothing() -> None:
    comparison = difference(BASE, BASE)
    assert (comparison.findings, comparison.layers, comparison.objectives, comparison.layers_changed) == (
        (),
        (),
        (),
        (),
    )
    assert comparison.unchanged == sum(len(f.features) for f in BASE.footing().assessment.findings) > 0


def test_a_plan_that_moves_away_is_the_cause_of_what_is_gone() -> None:
    found = causes(difference(BASE, replace(BASE, plan=whole(box(2000, 2000, 2100, 2100)))))
    assert found[("naturreservat.overlap", "gone")] == "plan"
    assert set(found.values()) == {"plan"}


def test_a_new_object_is_told_with_its_layer_and_both_versions() -> None:
    larger = {**BASE.layers, "naturreservat": [*BASE.layers["naturreservat"], box(0, 0, 30, 30)]}
    comparison = difference(BASE, replace(BASE, layers=larger))
    (new,) = [d for d in comparison.findings if d.kind == "new"]
    assert (new.object_id, new.rule, new.cause.kind) == ("naturreservat1", "naturreservat.overlap", "layer")
    change = new.cause.layer
    assert change is not None
    assert change.before.version != change.after.version
    assert comparison.layers_changed == (change,)


def test_a_rule_that_has_become_milder_is_the_cause_of_a_milder_finding() -> None:
    comparison = difference(BASE, replace(BASE, is_milder=True))
    by_kind = {d.kind: d for d in comparison.findings}
    assert by_kind["changed"].fields == ("severity",)
    assert by_kind["gone"].layer == "ramsar"
    assert {d.cause.kind for d in comparison.findings} == {"rules"}


def test_each_of_three_changes_is_told_apart() -> None:
    """The reserve appears by its layer, the wetland leaves by the rules, and the trail meets the plan that grew."""
    before = World(whole(PLAN), {"naturreservat": [], "ramsar": [PLAN], "nationalpark": [box(150, 0, 170, 100)]})
    after = World(whole(box(0, 0, 200, 100)), {**before.layers, "naturreservat": [box(10, 10, 90, 90)]}, is_milder=True)
    found = causes(difference(before, after))
    assert found[("naturreservat.overlap", "new")] == "layer:naturreservat"
    assert {cause for (rule, kind), cause in found.items() if rule.startswith("ramsar")} == {"rules"}
    assert {c for (rule, kind), c in found.items() if rule.startswith("nationalpark") and kind == "new"} == {"plan"}


def test_what_no_one_change_makes_has_several_causes() -> None:
    before = World(whole(PLAN), {"naturreservat": []})
    after = World(whole(box(1000, 0, 1100, 100)), {"naturreservat": [box(1000, 0, 1100, 100)]})
    assert causes(difference(before, after))[("naturreservat.overlap", "new")] == "several"


def test_what_either_change_would_make_has_several_causes() -> None:
    before = World(whole(PLAN), {"naturreservat": [PLAN]})
    after = World(whole(box(1000, 0, 1100, 100)), {"naturreservat": []})
    assert causes(difference(before, after))[("naturreservat.overlap", "gone")] == "several"


def test_an_objective_that_is_touched_names_the_layer_that_touches_it() -> None:
    before = World(whole(PLAN), {"naturreservat": [], "nationalpark": []})
    after = World(whole(PLAN), {"naturreservat": [PLAN], "nationalpark": [box(5000, 0, 5100, 100)]})
    comparison = difference(before, after)
    touched = {d.number: cause_of(d.cause) for d in comparison.objectives if d.after.flag == "touched"}
    assert touched
    assert set(touched.values()) == {"layer:naturreservat"}


def test_uses_of_a_part_are_a_change_of_the_plan() -> None:
    same = {"fororenat_omrade": [point(50, 50)]}
    before, after = World(plan((PLAN, ("B",))), same), World(plan((PLAN, ("J",))), same)
    comparison = difference(before, after)
    assert comparison.plan_changed
    assert {d.cause.kind for d in comparison.findings} == {"plan"}
    assert {d.cause.kind for d in comparison.objectives} <= {"plan"}


def test_what_can_no_longer_be_measured_is_not_guessed() -> None:
    before, after = BASE.footing(), replace(BASE, plan=whole(box(20, 0, 120, 100)), is_milder=True).footing()
    known = causes(explain(before, after))
    unknown = causes(explain(replace(before, assessor=None), after))
    assert "rules" in known.values()
    assert set(unknown) == set(known)
    assert set(unknown.values()) == {"several"}


# --- properties ---

_layers = st.fixed_dictionaries(
    {name: st.lists(polygons(), max_size=3) for name in ("naturreservat", "ramsar", "nationalpark")}
)
_worlds = st.builds(World, st.builds(whole, areas()), _layers, st.booleans())


@st.composite
def pairs(draw: st.DrawFn) -> tuple[World, World]:
    """Two worlds that have as much in common as chance gives."""
    one, other = draw(_worlds), draw(_worlds)
    names = draw(st.sets(st.sampled_from(sorted(one.layers))))
    layers = {name: (one if name in names else other).layers[name] for name in one.layers}
    return one, World(draw(st.sampled_from([one.plan, other.plan])), layers, other.is_milder)


def mirrored(comparison: Comparison) -> dict[Any, Any]:
    """Return a comparison as seen from the other side."""
    turn: dict[DifferenceKind, DifferenceKind] = {"new": "gone", "gone": "new", "changed": "changed"}
    return rows(
        replace(
            comparison,
            findings=tuple(replace(d, kind=turn[d.kind], before=d.after, after=d.before) for d in comparison.findings),
            layers=tuple(replace(d, kind=turn[d.kind], before=d.after, after=d.before) for d in comparison.layers),
            objectives=tuple(replace(d, before=d.after, after=d.before) for d in comparison.objectives),
        )
    )


def rows(comparison: Comparison) -> dict[Any, Any]:
    found: dict[Any, Any] = {
        (d.rule, d.object_id, d.conditional): (d.kind, d.before, d.after, d.fields, cause_of(d.cause))
        for d in comparison.findings
    }
    found |= {d.layer: (d.kind, d.before, d.after, d.fields, cause_of(d.cause)) for d in comparison.layers}
    found |= {d.number: (d.before, d.after, d.fields, cause_of(d.cause)) for d in comparison.objectives}
    return found


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(pairs())
def test_the_other_way_round_is_the_mirror_image(worlds: tuple[World, World]) -> None:
    one, other = (world.footing() for world in worlds)
    there, back = explain(one, other), explain(other, one)
    assert mirrored(there) == rows(back)
    assert there.unchanged == back.unchanged


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(pairs())
def test_a_cause_alone_makes_the_difference_and_alone_undoes_it(worlds: tuple[World, World]) -> None:
    """Against whole assessments with nothing but the cause exchanged."""
    one, other = worlds
    comparison = difference(one, other)
    found = {cause_of(d.cause) for d in comparison.findings} | {cause_of(d.cause) for d in comparison.objectives}
    for cause in found - {"several"}:
        there, back = difference(one, exchanged(one, other, cause)), difference(exchanged(other, one, cause), other)
        for alone in (there, back):
            made = rows(alone)
            for d in comparison.findings:
                if cause_of(d.cause) == cause:
                    assert made[d.rule, d.object_id, d.conditional][0] == d.kind
            for o in comparison.objectives:
                if cause_of(o.cause) == cause:
                    assert made[o.number][:2] == (o.before, o.after)


def exchanged(one: World, other: World, cause: str) -> World:
    """Return the first world with one thing as in the other."""
    if cause == "plan":
        return replace(one, plan=other.plan)
    if cause == "rules":
        return replace(one, is_milder=other.is_milder)
    layer = cause.removeprefix("layer:")
    return replace(one, layers={**one.layers, layer: other.layers[layer]})


def test_a_comparison_is_written_in_camel_case() -> None:
    document = comparison_json(difference(BASE, replace(BASE, plan=whole(box(20, 0, 120, 100)))))
    assert b'"planChanged":true' in document
    assert b'"object":"naturreservat0"' in document
    assert b'"fields":["areaM2"' in document
    assert shapely.area(PLAN) == pytest.approx(10_000)
