"""Plans as cases: kept whole, versions beside each other, one editor at a time, withdrawn."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from cases.conftest import AREA, PLANNER, SOURCE, Keep
from factories import box, whole
from pydantic import ValidationError
from sqlalchemy import Engine, false, text

from geomiljo.analysis.area import PlanArea, ProvisionGround, RepairNote
from geomiljo.analysis.values import Words
from geomiljo.assessments import Assessor
from geomiljo.assessments.store import assess_plan
from geomiljo.database.case_tables import Plan
from geomiljo.errors import NotFound, StaleRevision, Withdrawn
from geomiljo.plans.case import STAGES
from geomiljo.plans.store import (
    PlanMetadata,
    PlanSource,
    PlanVersion,
    add_version,
    create_plan,
    get_plan,
    get_source,
    get_version,
    list_versions,
    plan_changes,
    update_plan,
    version_by_id,
    withdraw_plan,
)

NO_BUILDING = ProvisionGround("prickmark", box(0, 0, 10, 10))


def test_a_plan_comes_back_as_it_was_kept(engine: Engine) -> None:
    params = {"spot": "E 600000.50, N 6500000.25", "reason": "the outline crosses itself"}
    note = RepairNote("self_intersection", "{reason} at {spot}", params, (600_000.5, 6_500_000.25), 2.0, 1.0)
    area = PlanArea("Björkby", AREA.geometry, AREA.parts, (note,), "EPSG:3011", (NO_BUILDING,))
    stated = PlanMetadata(
        municipality="0115",
        designation="0115-P26/1",
        name="Björkby",
        stage="samråd",
        municipality_case="MSN 2026-12",
        county_case="402-1",
        consultation_from=dt.date(2026, 3, 1),
        consultation_to=dt.date(2026, 3, 31),
        answer_by=dt.date(2026, 3, 31),
    )
    with engine.begin() as connection:
        made = create_plan(connection, PLANNER, stated, area, SOURCE)
    with engine.connect() as connection:
        assert get_plan(connection, made.id) == made
        version = get_version(connection, made.id)
        assert version_by_id(connection, made.version_id) == version
        source = get_source(connection, made.id, 1)
    assert (made.metadata, made.state, made.revision, made.version, made.county) == (stated, "active", 1, 1, "01")
    assert (version.area.geometry_hash, version.area.parts) == (area.geometry_hash, area.parts)
    assert version.area.provisions == (NO_BUILDING,)
    assert version.area.geometry.equals_exact(area.geometry)
    assert (version.area.repairs, version.area.source_crs, version.area.name) == ((note,), "EPSG:3011", "Björkby")
    assert Words.of("{reason}", **version.area.repairs[0].params).sv == "gränsen korsar sig själv"
    assert source == SOURCE
    assert version.source_hash == SOURCE.sha256


def test_a_new_geometry_is_a_new_version_and_the_old_one_stands(engine: Engine, keep: Keep) -> None:
    plan = keep()
    later = PlanSource("granskning.gpkg", bytes(range(256)))
    with engine.begin() as connection:
        first = get_version(connection, plan.id)
        second = add_version(connection, PLANNER, plan.id, whole(box(0, 0, 80, 80)), later, expected_revision=1)
    with engine.connect() as connection:
        versions = list_versions(connection, plan.id)
        assert [(v.number, v.is_current, v.area.parts) for v in versions] == [(1, False, AREA.parts), (2, True, ())]
        assert versions[0].area.geometry_hash == first.area.geometry_hash
        assert get_source(connection, plan.id, 1) == SOURCE
        assert get_source(connection, plan.id, 2) == later
        now = get_plan(connection, plan.id)
    assert (now.version, now.version_id, now.revision, now.area_m2) == (2, second.id, 2, 6_400.0)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("before", ["planbesked", "samråd", "avslutad"])
def test_a_plan_can_come_to_any_stage(engine: Engine, keep: Keep, before: str, stage: str) -> None:
    plan = keep(stage=before)
    wanted = plan.metadata.model_copy(update={"stage": stage})
    with engine.begin() as connection:
        changed = update_plan(connection, PLANNER, plan.id, wanted, expected_revision=1)
    assert (changed.stage, changed.revision) == (stage, 2)
    assert changed.changed_at > plan.changed_at


def test_everything_that_is_done_is_on_record(engine: Engine, keep: Keep, assessor: Assessor) -> None:
    plan = keep()
    assess_plan(engine, assessor, plan.version_id, caller=PLANNER)
    renamed = plan.metadata.model_copy(update={"name": "Björkby norra"})
    with engine.begin() as connection:
        update_plan(connection, PLANNER, plan.id, renamed, expected_revision=1)
        add_version(connection, PLANNER, plan.id, whole(box(0, 0, 80, 80)), SOURCE)
        withdraw_plan(connection, PLANNER, plan.id)
    with engine.connect() as connection:
        changes = plan_changes(connection, plan.id)
    assert [(c.revision, c.kind, c.metadata["name"]) for c in changes] == [
        (1, "created", "Björkby"),
        (2, "edited", "Björkby norra"),
        (3, "new_version", "Björkby norra"),
        (4, "withdrawn", "Björkby norra"),
    ]
    assert {(c.by_id, c.by_name) for c in changes} == {(PLANNER.id, PLANNER.name)}


def test_of_many_editors_of_one_revision_one_gets_through(engine: Engine, keep: Keep) -> None:
    plan = keep()
    barrier = threading.Barrier(5)

    def edit(number: int) -> str:
        wanted = plan.metadata.model_copy(update={"name": f"Editor {number}"})
        with engine.begin() as connection:
            barrier.wait()
            return update_plan(connection, PLANNER, plan.id, wanted, expected_revision=1).metadata.name

    def attempt(number: int) -> str | StaleRevision:
        try:
            return edit(number)
        except StaleRevision as error:
            return error

    with ThreadPoolExecutor(5) as pool:
        outcomes = list(pool.map(attempt, range(5)))
    [winner] = [outcome for outcome in outcomes if isinstance(outcome, str)]
    with engine.connect() as connection:
        assert get_plan(connection, plan.id).metadata.name == winner


def test_simultaneous_geometries_are_numbered(engine: Engine, keep: Keep) -> None:
    plan = keep()
    barrier = threading.Barrier(4)

    def add(size: int) -> PlanVersion:
        barrier.wait()
        with engine.begin() as connection:
            return add_version(connection, PLANNER, plan.id, whole(box(0, 0, size, size)), SOURCE)

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(add, (10, 20, 30, 40)))
    assert sorted(version.number for version in made) == [2, 3, 4, 5]
    with engine.connect() as connection:
        assert [v.number for v in list_versions(connection, plan.id) if v.is_current] == [5]


def test_a_plan_that_was_never_assessed_is_deleted(engine: Engine, keep: Keep) -> None:
    plan = keep()
    with engine.begin() as connection:
        assert withdraw_plan(connection, PLANNER, plan.id, expected_revision=1) is None
    with engine.connect() as connection, pytest.raises(NotFound):
        get_plan(connection, plan.id)


def test_an_assessed_plan_is_withdrawn_and_then_left_as_it_is(engine: Engine, keep: Keep, assessor: Assessor) -> None:
    plan = keep()
    assess_plan(engine, assessor, plan.version_id, caller=PLANNER)
    with engine.begin() as connection:
        withdrawn = withdraw_plan(connection, PLANNER, plan.id)
    assert withdrawn is not None
    assert withdrawn.state == "withdrawn"
    with engine.begin() as connection:
        with pytest.raises(Withdrawn):
            update_plan(connection, PLANNER, plan.id, plan.metadata, expected_revision=2)
        with pytest.raises(Withdrawn):
            add_version(connection, PLANNER, plan.id, AREA, SOURCE)
        with pytest.raises(Withdrawn):
            withdraw_plan(connection, PLANNER, plan.id)


def test_what_is_not_there_or_not_open_is_told_alike(engine: Engine, keep: Keep) -> None:
    plan = keep()
    with engine.connect() as connection:
        for plan_id, where in ((uuid.uuid4(), None), (plan.id, Plan.municipality == "0180"), (plan.id, false())):
            with pytest.raises(NotFound, match="not open"):
                get_plan(connection, plan_id, where=where)
        with pytest.raises(NotFound):
            get_version(connection, plan.id, 2)
        with pytest.raises(NotFound):
            get_source(connection, plan.id, 2)
        with pytest.raises(NotFound):
            version_by_id(connection, -1)


def test_versions_are_not_changed_by_the_database_either(engine: Engine, keep: Keep) -> None:
    keep()
    for change in ("UPDATE plan_version SET source = ''", "UPDATE plan_part SET uses = NULL"):
        with pytest.raises(Exception, match="never changed"), engine.begin() as connection:
            connection.execute(text(change))


@pytest.mark.parametrize(
    "faulty",
    [
        {"municipality": "115"},
        {"municipality": "011X"},
        {"name": ""},
        {"name": "a\x00b"},
        {"stage": "samrad"},
        {"type": "karta"},
        {"review_from": "2026-05-02", "review_to": "2026-05-01"},
        {"unknown": 1},
    ],
)
def test_metadata_at_fault_is_refused(faulty: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        PlanMetadata.model_validate({"municipality": "0115", "name": "Björkby", **faulty})
