"""Kept assessments say what has changed since, and stale ones are made again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cases.conftest import PLANNER, SOURCE, Keep
from factories import EVERYWHERE, box, line, point, whole, write_layer
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Engine, text

from geomiljo.assessments import Assessor
from geomiljo.assessments.freshness import Change, StalePlan, Standing, recheck, stale_plans
from geomiljo.assessments.identity import METHOD_VERSION
from geomiljo.assessments.store import StoredAssessment, assess_plan
from geomiljo.catalogue import Catalogue
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.layers.versions import switch_off, switch_on
from geomiljo.placement import read_extent
from geomiljo.plans.store import StoredPlan, add_version, withdraw_plan


@pytest.fixture
def plan(keep: Keep) -> StoredPlan:
    return keep()


@pytest.fixture
def stored(loaded: Engine, assessor: Assessor, plan: StoredPlan) -> StoredAssessment:
    return assess_plan(loaded, assessor, plan.version_id, caller=PLANNER)


def changes(engine: Engine, catalogue: Catalogue, stored: StoredAssessment) -> tuple[Change, ...]:
    with engine.connect() as connection:
        return Standing.now(connection, catalogue).changes(connection, stored)


def stale(engine: Engine, catalogue: Catalogue) -> list[StalePlan]:
    with engine.connect() as connection:
        return list(stale_plans(connection, catalogue))


def test_nothing_has_changed(loaded: Engine, catalogue: Catalogue, stored: StoredAssessment) -> None:
    assert changes(loaded, catalogue, stored) == ()
    assert stale(loaded, catalogue) == []


def test_a_newer_version_and_a_first_one_are_told(
    loaded: Engine, catalogue: Catalogue, assessor: Assessor, stored: StoredAssessment, tmp_path: Path
) -> None:
    everywhere = LoadOptions(coverage="sweden", accept=True)
    newer = load_layer(loaded, catalogue, "ramsar", write_layer(tmp_path / "r.gpkg", [box(0, 0, 9, 9)]), everywhere)
    first = load_layer(loaded, catalogue, "badvatten", write_layer(tmp_path / "b.gpkg", [point(9, 9)]), everywhere)
    assert set(changes(loaded, catalogue, stored)) == {
        Change("layer", stored.layer_versions["ramsar"], newer.version, "ramsar"),
        Change("layer", None, first.version, "badvatten"),
    }
    [found] = stale(loaded, catalogue)
    assert found.assessment_id == stored.id
    again = recheck(loaded, assessor, found, caller=PLANNER)
    assert again.layer_versions["ramsar"] == newer.version
    assert stale(loaded, catalogue) == []


def test_a_layer_switched_off_and_on(loaded: Engine, catalogue: Catalogue, stored: StoredAssessment) -> None:
    switch_off(loaded, catalogue, "ramsar", "under review")
    assert changes(loaded, catalogue, stored) == (Change("layer", stored.layer_versions["ramsar"], None, "ramsar"),)
    switch_on(loaded, "ramsar")
    assert changes(loaded, catalogue, stored) == ()


def test_registers_and_method(loaded: Engine, catalogue: Catalogue, stored: StoredAssessment) -> None:
    with loaded.connect() as connection:
        later = Standing.now(connection, replace(catalogue, version="sha256:later"))
        assert later.changes(connection, stored) == (Change("registers", catalogue.version, "sha256:later"),)
        older = replace(stored, method_version="0")
        assert later.changes(connection, older)[-1] == Change("method", "0", METHOD_VERSION)


def test_hidden_layers_do_not_make_it_stale(
    loaded: Engine, catalogue: Catalogue, assessor: Assessor, plan: StoredPlan, tmp_path: Path
) -> None:
    stored = assess_plan(loaded, assessor, plan.version_id, caller=PLANNER, hidden=frozenset({"ramsar"}))
    newer = write_layer(tmp_path / "r.gpkg", [box(0, 0, 9, 9)])
    load_layer(loaded, catalogue, "ramsar", newer, LoadOptions(coverage="sweden", accept=True))
    assert changes(loaded, catalogue, stored) == ()


def test_every_set_of_hidden_layers_is_made_again(
    loaded: Engine, catalogue: Catalogue, assessor: Assessor, plan: StoredPlan, stored: StoredAssessment
) -> None:
    hidden = frozenset({"leder"})
    assess_plan(loaded, assessor, plan.version_id, caller=PLANNER, hidden=hidden)
    switch_off(loaded, catalogue, "ramsar", "under review")
    found = stale(loaded, catalogue)
    assert [item.hidden for item in found] == [frozenset(), hidden]
    with loaded.connect() as connection:
        assert [item.hidden for item in stale_plans(connection, catalogue, hidden=hidden)] == [hidden]
    again = [recheck(loaded, assessor, item, caller=PLANNER) for item in found]
    assert [item.hidden for item in again] == [frozenset(), hidden]
    assert stale(loaded, catalogue) == []


def test_a_new_geometry_makes_the_plan_stale(
    loaded: Engine, catalogue: Catalogue, assessor: Assessor, plan: StoredPlan, stored: StoredAssessment
) -> None:
    with loaded.begin() as connection:
        version = add_version(connection, PLANNER, plan.id, whole(box(0, 0, 40, 40)), SOURCE)
    [found] = stale(loaded, catalogue)
    assert found.changes == (Change("plan", "1", "2"),)
    assert recheck(loaded, assessor, found, caller=PLANNER).plan_version_id == version.id
    assert stale(loaded, catalogue) == []


def test_withdrawn_plans_are_left_alone(
    loaded: Engine, catalogue: Catalogue, plan: StoredPlan, stored: StoredAssessment
) -> None:
    switch_off(loaded, catalogue, "ramsar", "under review")
    with loaded.begin() as connection:
        withdraw_plan(connection, PLANNER, plan.id)
    assert stale(loaded, catalogue) == []


LEDER = [line((0, 50), (900, 50)), line((5_000, 0), (6_000, 0)), line((0, 9_000), (900, 9_000))]
"""The trail over the plan, one 4,900 m east of it and one 8,900 m north."""


@pytest.fixture
def over_trails(
    engine: Engine, catalogue: Catalogue, assessor: Assessor, plan: StoredPlan, tmp_path: Path
) -> StoredAssessment:
    load_layer(engine, catalogue, "leder", write_layer(tmp_path / "0.gpkg", LEDER), LoadOptions(coverage="sweden"))
    return assess_plan(engine, assessor, plan.version_id, caller=PLANNER)


def reload(engine: Engine, catalogue: Catalogue, path: Path, **options: Any) -> None:
    load_layer(engine, catalogue, "leder", path, LoadOptions(**{"coverage": "sweden", "accept": True, **options}))


def matters(engine: Engine, catalogue: Catalogue, stored: StoredAssessment) -> bool:
    """Whether the one change, which is always told, makes the assessment stale."""
    [change] = changes(engine, catalogue, stored)
    assert (change.what, change.layer, change.was) == ("layer", "leder", stored.layer_versions["leder"])
    assert bool(stale(engine, catalogue)) == change.matters
    return change.matters


def test_what_changes_far_away_is_told_but_makes_no_plan_stale(
    engine: Engine, catalogue: Catalogue, assessor: Assessor, over_trails: StoredAssessment, tmp_path: Path
) -> None:
    over, east, _north = LEDER
    reload(engine, catalogue, write_layer(tmp_path / "1.gpkg", [over, east]))
    assert not matters(engine, catalogue, over_trails)
    again = assess_plan(engine, assessor, over_trails.plan_version_id, caller=PLANNER)
    assert again.id != over_trails.id  # the older one goes on naming what it stands on
    assert [f.statement for f in again.assessment.findings] == [f.statement for f in over_trails.assessment.findings]


@pytest.mark.parametrize(
    "moved",
    [
        [line((0, 60), (900, 60)), *LEDER[1:]],  # the object inside
        [line((0, 50), (950, 50)), *LEDER[1:]],  # the object inside, at its other end: its size is told
        LEDER[1:],  # it is gone
        [*LEDER, line((100.3, 0), (100.3, 100))],  # another comes near
    ],
)
def test_what_changes_within_reach_makes_the_plan_stale(
    engine: Engine,
    catalogue: Catalogue,
    over_trails: StoredAssessment,
    tmp_path: Path,
    moved: list[BaseGeometry],
) -> None:
    reload(engine, catalogue, write_layer(tmp_path / "1.gpkg", moved))
    assert matters(engine, catalogue, over_trails)


def test_a_near_change_is_not_forgotten_after_a_far_one(
    engine: Engine, catalogue: Catalogue, over_trails: StoredAssessment, tmp_path: Path
) -> None:
    reload(engine, catalogue, write_layer(tmp_path / "1.gpkg", [line((0, 60), (900, 60)), *LEDER[1:]]))
    reload(engine, catalogue, write_layer(tmp_path / "2.gpkg", [line((0, 60), (900, 60)), LEDER[1]]))
    assert matters(engine, catalogue, over_trails)


def test_a_changed_coverage_counts_where_it_changed(
    engine: Engine, catalogue: Catalogue, over_trails: StoredAssessment, tmp_path: Path
) -> None:
    hole = EVERYWHERE.intersection(read_extent(catalogue.extent_file("sverige"))) - box(20_000, 0, 30_000, 9_000)
    reload(
        engine,
        catalogue,
        write_layer(tmp_path / "1.gpkg", LEDER),
        coverage=str(write_layer(tmp_path / "c.gpkg", [hole])),
    )
    assert not matters(engine, catalogue, over_trails)
    reload(engine, catalogue, write_layer(tmp_path / "2.gpkg", LEDER), coverage=None)
    assert matters(engine, catalogue, over_trails)


def test_an_object_that_could_not_be_loaded_may_lie_anywhere(
    engine: Engine, catalogue: Catalogue, over_trails: StoredAssessment, tmp_path: Path
) -> None:
    reload(engine, catalogue, write_layer(tmp_path / "1.gpkg", [*LEDER, None]))
    assert matters(engine, catalogue, over_trails)


def test_ground_is_forgotten_when_no_latest_assessment_needs_it(
    engine: Engine, catalogue: Catalogue, assessor: Assessor, over_trails: StoredAssessment, tmp_path: Path
) -> None:
    def ground() -> list[int]:
        query = text("SELECT DISTINCT swap_id FROM swap_ground JOIN layer_swap ON id = swap_id WHERE layer = 'leder'")
        with engine.connect() as connection:
            return sorted(connection.scalars(query))

    over, east, north = LEDER
    for number, trails in enumerate([[over, east], [over, north], [over]]):
        reload(engine, catalogue, write_layer(tmp_path / f"{number}.gpkg", trails))
    assert len(ground()) == 3
    assert not matters(engine, catalogue, over_trails)
    assess_plan(engine, assessor, over_trails.plan_version_id, caller=PLANNER)
    reload(engine, catalogue, write_layer(tmp_path / "4.gpkg", [over, east]))
    assert len(ground()) == 1
    assert stale(engine, catalogue) == []
    [change] = changes(engine, catalogue, over_trails)
    assert change.matters  # what it would need is forgotten: rather too much than a false no
