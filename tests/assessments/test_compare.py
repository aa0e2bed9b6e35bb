"""Comparing kept assessments: old layer versions and old registers are measured again from what is kept."""

from __future__ import annotations

from dataclasses import replace

import pytest
import shapely
from assessments.conftest import PLAN, Case, Load
from factories import box, plan, whole
from sqlalchemy import Engine, text

from geomiljo.analysis.differences import Comparison
from geomiljo.assessments import Assessor
from geomiljo.assessments.compare import compare_assessments
from geomiljo.assessments.registers import kept_registers
from geomiljo.catalogue import Catalogue
from geomiljo.layers.readers import ChosenLayers, KeptReader, PostgisReader
from geomiljo.layers.versions import activate, switch_off


def causes(comparison: Comparison) -> dict[tuple[str, str], str]:
    return {
        (d.rule, d.kind): d.cause.kind if d.cause.layer is None else f"layer:{d.cause.layer.layer}"
        for d in comparison.findings
    }


def test_new_geometry_old_layer_version_and_other_rules_are_told_apart(
    engine: Engine, assessor: Assessor, load: Load, case: Case, catalogue: Catalogue
) -> None:
    load("nationalpark", box(150, 0, 170, 100))
    load("ramsar", PLAN)
    old = load("naturreservat", box(5000, 0, 5100, 100))
    before = case.assess()
    new = load("naturreservat", box(10, 10, 90, 90))
    rules = {
        key: rule.model_copy(update={"severity": "opportunity"}) if rule.layer == "ramsar" else rule
        for key, rule in catalogue.rules.items()
    }
    after = case.assess(
        whole(box(0, 0, 200, 100)), Assessor.of(replace(catalogue, rules=rules, version="sha256:other"))
    )
    found = compare_assessments(engine, assessor, before, after)
    assert found.notes == ()
    assert (found.plan_changed, found.rules_changed) == (True, True)
    (change,) = found.layers_changed
    assert (change.layer, change.before.version, change.after.version) == ("naturreservat", old, new)
    told = causes(found)
    assert told["naturreservat.overlap", "new"] == "layer:naturreservat"
    assert told["nationalpark.overlap", "new"] == "plan"
    assert {cause for (rule, _), cause in told.items() if rule.startswith("ramsar")} == {
        "several"
    }  # share and severity

    back = compare_assessments(engine, assessor, after, before)
    turned = {"new": "gone", "gone": "new", "changed": "changed"}
    assert causes(back) == {(rule, turned[kind]): cause for (rule, kind), cause in told.items()}


def test_registers_of_then_are_kept_and_judge_as_then(
    engine: Engine, assessor: Assessor, load: Load, case: Case, catalogue: Catalogue
) -> None:
    load("ramsar", PLAN)
    rules = {key: rule for key, rule in catalogue.rules.items() if rule.layer != "ramsar"}
    without = replace(catalogue, rules=rules, version="sha256:without")
    before, after = case.assess(by=Assessor.of(without)), case.assess(whole(box(0, 0, 90, 100)))
    found = causes(compare_assessments(engine, assessor, before, after))
    assert {cause for (rule, kind), cause in found.items() if kind == "new"} == {"rules"}
    with engine.connect() as connection:
        again = kept_registers(connection, "sha256:without", catalogue)
        assert kept_registers(connection, "sha256:unknown", catalogue) is None
    assert again is not None
    assert (again.rules, again.layers, again.layer_sets) == (without.rules, without.layers, without.layer_sets)


def test_what_is_no_longer_kept_is_told(engine: Engine, assessor: Assessor, load: Load, case: Case) -> None:
    version = load("naturreservat", box(50, 0, 150, 100))
    before = case.assess()
    load("naturreservat", box(50, 0, 250, 100))
    after = case.assess(whole(box(0, 0, 90, 100)))
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM layer_version WHERE version = :v"), {"v": version})
    found = compare_assessments(engine, assessor, before, after)
    assert version in found.notes[0].en
    assert {d.cause.kind for d in found.findings} == {"several"}


def test_a_layer_that_is_switched_off_is_the_cause_with_its_reason(
    engine: Engine, assessor: Assessor, load: Load, case: Case, catalogue: Catalogue
) -> None:
    load("naturreservat", PLAN)
    before = case.assess()
    switch_off(engine, catalogue, "naturreservat", "felaktig leverans")
    found = compare_assessments(engine, assessor, before, case.assess(whole(box(0, 0, 100, 90))))
    gone = next(d for d in found.findings if d.kind == "gone" and d.rule == "naturreservat.overlap")
    assert gone.cause.layer is not None
    assert (gone.cause.layer.after.version, gone.cause.layer.after.reason) == (None, "switched_off")


def test_who_may_not_see_a_layer_learns_nothing_of_it(
    engine: Engine, assessor: Assessor, load: Load, case: Case
) -> None:
    hidden = frozenset({"naturreservat"})
    load("naturreservat", PLAN)
    before = case.assess(hidden=hidden)
    load("naturreservat", box(0, 0, 50, 50))
    after = case.assess(whole(box(0, 0, 90, 100)), hidden=hidden)
    found = compare_assessments(engine, assessor, before, after)
    assert found.layers_changed == ()
    assert [d for d in found.findings if d.layer == "naturreservat"] == []


@pytest.mark.parametrize("layer", ["naturreservat", "leder"])
def test_a_version_cut_in_memory_gives_what_it_gave_when_it_was_active(
    engine: Engine, assessor: Assessor, catalogue: Catalogue, load: Load, layer: str
) -> None:
    shapes = {
        "naturreservat": [shapely.segmentize(box(-900, -900, 60, 60), 3), box(40, 0, 70, 100), box(90, 90, 90.5, 300)],
        "leder": [shapely.LineString([(600_000 + 3 * i, 6_500_000 + 7 * (i % 9)) for i in range(400)])],
    }[layer]
    old = load(layer, *shapes)
    area = plan((box(0, 0, 60, 100), ("B",)), (box(60, 0, 100, 100), None))
    with engine.connect() as connection:
        then = assessor.assess(area, PostgisReader(connection))
    load(layer, shapes[0])
    with engine.connect() as connection:
        again = assessor.assess(area, KeptReader(connection, ChosenLayers({layer: old})))
    assert again.id == then.id
    assert [f.statement for f in again.findings] == [f.statement for f in then.findings] != []
    for one, other in zip(again.layers, then.layers, strict=True):
        assert (one.status, one.feature_count) == (other.status, other.feature_count)
        assert one.area_m2 == pytest.approx(other.area_m2)
    activate(engine, catalogue, layer, old)
    with engine.connect() as connection:
        assert assessor.assess(area, KeptReader(connection, ChosenLayers({layer: old}))).id == then.id
