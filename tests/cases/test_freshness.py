"""Kept assessments say what has changed since, and stale ones are made again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cases.conftest import PLANNER, SOURCE, Keep
from factories import box, point, whole, write_layer
from sqlalchemy import Engine

from geomiljo.assessments import Assessor
from geomiljo.assessments.freshness import Change, StalePlan, Standing, recheck, stale_plans
from geomiljo.assessments.store import StoredAssessment, assess_plan
from geomiljo.catalogue import Catalogue
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.layers.versions import switch_off, switch_on
from geomiljo.plans.store import StoredPlan, add_version, withdraw_plan


@pytest.fixture
def plan(keep: Keep) -> StoredPlan:
    return keep()


@pytest.fixture
def stored(loaded: Engine, assessor: Assessor, plan: StoredPlan) -> StoredAssessment:
    return assess_plan(loaded, assessor, plan.version_id, caller=PLANNER)


def changes(engine: Engine, catalogue: Catalogue, stored: StoredAssessment) -> tuple[Change, ...]:
    with engine.connect() as connection:
        return Standing.now(connection, catalogue).changes(stored)


def stale(engine: Engine, catalogue: Catalogue) -> list[StalePlan]:
    with engine.connect() as connection:
        return list(stale_plans(connection, catalogue))


def test_nothing_has_changed(loaded: Engine, catalogue: Catalogue, stored: StoredAssessment) -> None:
    assert changes(loaded, catalogue, stored) == ()
    assert stale(loaded, catalogue) == []


def test_a_newer_version_and_a_first_one_are_told(
    loaded: Engine, catalogue: Catalogue, assessor: Assessor, stored: StoredAssessment, tmp_path: Path
) -> None:
    everywhere = LoadOptions(coverage="sweden")
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
        later = replace(Standing.now(connection, catalogue), catalogue_version="sha256:later")
    assert later.changes(stored) == (Change("registers", catalogue.version, "sha256:later"),)
    assert later.changes(replace(stored, method_version="0"))[-1] == Change("method", "0", "1")


def test_hidden_layers_do_not_make_it_stale(
    loaded: Engine, catalogue: Catalogue, assessor: Assessor, plan: StoredPlan, tmp_path: Path
) -> None:
    stored = assess_plan(loaded, assessor, plan.version_id, caller=PLANNER, hidden=frozenset({"ramsar"}))
    newer = write_layer(tmp_path / "r.gpkg", [box(0, 0, 9, 9)])
    load_layer(loaded, catalogue, "ramsar", newer, LoadOptions(coverage="sweden"))
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
