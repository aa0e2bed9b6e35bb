"""Kept assessments: made once for each answer, frozen, apart for those who see less."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
import shapely
from cases.conftest import AREA, PLANNER, SOURCE, Keep
from factories import box, whole, write_layer
from sqlalchemy import Engine, delete, func, select, text, update
from sqlalchemy.exc import DBAPIError

from geomiljo.analysis.document import same_answer
from geomiljo.assessments import Assessor, shapes_of
from geomiljo.assessments.store import (
    assess_plan,
    get_assessment,
    latest_assessment,
    list_assessments,
    stored_shapes,
)
from geomiljo.catalogue import Catalogue
from geomiljo.database.case_tables import AssessmentRow, FindingClassRow, FindingRow
from geomiljo.database.tables import Base
from geomiljo.errors import NotFound
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.layers.readers import open_reader
from geomiljo.layers.versions import activate
from geomiljo.plans.store import add_version


def test_a_kept_plan_gets_the_answer_of_an_unsaved_check(loaded: Engine, assessor: Assessor, keep: Keep) -> None:
    stored = assess_plan(loaded, assessor, keep().version_id, caller=PLANNER)
    with open_reader(loaded) as reader:
        unsaved = assessor.assess(AREA, reader)
    assert same_answer(stored.assessment, unsaved)
    assert orjson.loads(stored.document)["id"] == stored.id == unsaved.id
    assert stored.touched == tuple(o.number for o in unsaved.objectives if o.flag == "touched") != ()
    assert stored.finding_count == len(unsaved.findings) > 0
    assert stored.created_by == PLANNER.id


def test_asking_again_returns_the_same_row(loaded: Engine, assessor: Assessor, keep: Keep) -> None:
    plan = keep()
    first = assess_plan(loaded, assessor, plan.version_id, caller=PLANNER)
    assert assess_plan(loaded, assessor, plan.version_id, caller=PLANNER) == first
    with loaded.connect() as connection:
        assert list_assessments(connection, plan.id) == (first,)
        assert latest_assessment(connection, plan.id) == first
        assert get_assessment(connection, first.id) == first


def test_a_new_layer_version_makes_a_new_assessment_and_the_old_one_stands(
    loaded: Engine, assessor: Assessor, keep: Keep, catalogue: Catalogue, tmp_path: Path
) -> None:
    plan = keep()
    first = assess_plan(loaded, assessor, plan.version_id, caller=PLANNER)
    smaller = write_layer(tmp_path / "new.gpkg", [box(90, 0, 300, 300)], NAMN=["Sjön"])
    load_layer(loaded, catalogue, "ramsar", smaller, LoadOptions(coverage="sweden"))
    second = assess_plan(loaded, assessor, plan.version_id, caller=PLANNER)
    assert second.id != first.id
    with loaded.connect() as connection:
        assert latest_assessment(connection, plan.id) == second
        old = get_assessment(connection, first.id)
        assert old.document == first.document
        clips = [s.geometry for s in stored_shapes(connection, old).findings if s.finding.layer == "ramsar"]
    assert shapely.union_all(clips).area == pytest.approx(5_000)  # as it was measured, from the old version's object

    activate(loaded, catalogue, "ramsar", first.layer_versions["ramsar"] or "")
    assert assess_plan(loaded, assessor, plan.version_id, caller=PLANNER).key == first.key
    with loaded.connect() as connection:
        assert latest_assessment(connection, plan.id) == first


def test_shapes_of_a_kept_assessment_are_those_of_the_measured_one(
    loaded: Engine, assessor: Assessor, keep: Keep
) -> None:
    stored = assess_plan(loaded, assessor, keep().version_id, caller=PLANNER)
    with open_reader(loaded) as reader:
        expected = shapes_of(stored.assessment, AREA, reader)
    with loaded.connect() as connection:
        found = stored_shapes(connection, stored)
    assert [(s.finding.id, s.affected.id, s.geometry.wkt) for s in found.findings] == [
        (s.finding.id, s.affected.id, s.geometry.wkt) for s in expected.findings
    ]


def test_finding_rows_hold_the_ground_of_each_finding(loaded: Engine, assessor: Assessor, keep: Keep) -> None:
    stored = assess_plan(loaded, assessor, keep().version_id, caller=PLANNER)
    with loaded.connect() as connection:
        measured = func.coalesce(func.ST_Area(FindingRow.geom), 0.0)
        rows = connection.execute(
            select(FindingRow.id, FindingRow.rule, FindingRow.objectives, FindingRow.area_m2, measured.label("m2"))
        ).all()
        by_class = connection.execute(
            select(FindingClassRow.finding, func.sum(FindingClassRow.area_m2)).group_by(FindingClassRow.finding)
        ).all()
    findings = {finding.id: finding for finding in stored.assessment.findings}
    assert {row.id for row in rows} == set(findings)
    assert dict(by_class).keys() == set(findings)
    for row in rows:
        assert (row.rule, tuple(row.objectives)) == (findings[row.id].rule, findings[row.id].objectives)
        assert row.m2 == pytest.approx(row.area_m2, abs=1e-6)
    assert any(row.m2 > 0 for row in rows)
    assert dict(by_class)["f1"] == pytest.approx(findings["f1"].area_m2)


def test_what_a_caller_may_not_see_is_assessed_apart(loaded: Engine, assessor: Assessor, keep: Keep) -> None:
    plan = keep()
    full = assess_plan(loaded, assessor, plan.version_id, caller=PLANNER)
    hidden = frozenset({"ramsar"})
    less = assess_plan(loaded, assessor, plan.version_id, caller=PLANNER, hidden=hidden)
    assert less.id != full.id
    layer = next(layer for layer in less.assessment.layers if layer.id == "ramsar")
    assert (layer.status, layer.reason, layer.version) == ("not_checked", "restricted", None)
    assert b"Sj\xc3\xb6n" in full.document
    assert b"Sj\xc3\xb6n" not in less.document
    with loaded.connect() as connection:
        assert latest_assessment(connection, plan.id, hidden=hidden) == less
        assert latest_assessment(connection, plan.id) == full
        assert list_assessments(connection, plan.id, hidden=hidden) == (less,)
        with pytest.raises(NotFound):
            get_assessment(connection, full.id, hidden=hidden)


def test_a_result_with_a_failed_layer_is_never_reused(loaded: Engine, assessor: Assessor, keep: Keep) -> None:
    plan = keep()
    with loaded.begin() as connection:
        connection.execute(text("ALTER TABLE piece RENAME TO piece_away"))
    failed = assess_plan(loaded, assessor, plan.version_id, caller=PLANNER)
    assert failed.has_failed
    again = assess_plan(loaded, assessor, plan.version_id, caller=PLANNER)
    assert again.has_failed
    with loaded.begin() as connection:
        connection.execute(text("ALTER TABLE piece_away RENAME TO piece"))
    sound = assess_plan(loaded, assessor, plan.version_id, caller=PLANNER)
    assert not sound.has_failed
    assert sound.id != failed.id
    assert sound.finding_count > failed.finding_count


def test_an_older_version_assessed_later_is_not_the_latest(loaded: Engine, assessor: Assessor, keep: Keep) -> None:
    plan = keep()
    with loaded.begin() as connection:
        version = add_version(connection, PLANNER, plan.id, whole(box(0, 0, 40, 40)), SOURCE)
    newer = assess_plan(loaded, assessor, version.id, caller=PLANNER)
    older = assess_plan(loaded, assessor, plan.version_id, caller=PLANNER)
    assert (newer.plan_version, older.plan_version) == (2, 1)
    with loaded.connect() as connection:
        assert latest_assessment(connection, plan.id) == newer


def test_plans_of_the_same_outline_share_an_id_but_not_a_row(loaded: Engine, assessor: Assessor, keep: Keep) -> None:
    one, other = keep(), keep(name="Lillån")
    first = assess_plan(loaded, assessor, one.version_id, caller=PLANNER)
    second = assess_plan(loaded, assessor, other.version_id, caller=PLANNER)
    assert first.id == second.id
    assert first.key != second.key
    with loaded.connect() as connection:
        assert get_assessment(connection, first.id, plan_id=one.id) == first
        assert get_assessment(connection, first.id, plan_id=other.id) == second


@pytest.mark.parametrize("table", [AssessmentRow, FindingRow, FindingClassRow])
def test_the_database_refuses_to_change_what_is_frozen(
    loaded: Engine, assessor: Assessor, keep: Keep, table: type[Base]
) -> None:
    assess_plan(loaded, assessor, keep().version_id, caller=PLANNER)
    first = next(iter(table.__table__.columns))
    for change in (update(table).values({first.name: first}), delete(table)):
        with pytest.raises(DBAPIError, match="never changed"), loaded.begin() as connection:
            connection.execute(change)
