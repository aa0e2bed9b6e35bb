"""Lists of plans: every filter, every order, page by page, and fast over ten thousand."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cases.conftest import PLANNER, SOURCE, Keep
from databases import engine_at, fresh_database
from factories import EAST, NORTH, box, whole
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from geomiljo.assessments import Assessor
from geomiljo.assessments.store import assess_plan
from geomiljo.database.case_tables import Plan
from geomiljo.plans.listing import SORT_KEYS
from geomiljo.plans.store import ListedPlan, PlanQuery, add_version, list_plans, withdraw_plan

_MANY = (Path(__file__).parents[2] / "bench" / "many_plans.sql").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def many(cluster_url: str, migrated_template: str) -> Iterator[Engine]:
    """Ten thousand plans with two versions each; four of five assessed, for two kinds of callers."""
    with fresh_database(cluster_url, migrated_template) as url, engine_at(url) as engine:
        with engine.begin() as connection:
            connection.execute(text(_MANY.replace(":", r"\:")))
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
        yield engine


def listed(engine: Engine, **asked: Any) -> list[ListedPlan]:
    with engine.connect() as connection:
        return list(list_plans(connection, PlanQuery(**asked)).items)


def everything(engine: Engine, query: PlanQuery) -> list[ListedPlan]:
    found: list[ListedPlan] = []
    with engine.connect() as connection:
        while True:
            page = list_plans(connection, query)
            assert len(page.items) <= query.limit
            found += page.items
            if page.next is None:
                return found
            query = replace(query, after=page.next)


@pytest.mark.parametrize("is_descending", [True, False])
@pytest.mark.parametrize("sort", SORT_KEYS)
def test_pages_hold_each_plan_once_in_order(many: Engine, sort: Any, is_descending: bool) -> None:
    asked = PlanQuery(stage=("samråd",), sort=sort, is_descending=is_descending, limit=400)
    found = everything(many, asked)
    with many.connect() as connection:
        column = {"changedAt": "changed_at", "createdAt": "created_at", "answerBy": "answer_by"}.get(sort, sort)
        direction, nulls = ("DESC", "FIRST") if is_descending else ("ASC", "LAST")
        expected = connection.scalars(
            text(
                "SELECT id FROM plan WHERE stage = 'samråd' AND state = 'active' "  # noqa: S608 - names of our own
                f"ORDER BY {column} {direction} NULLS {nulls}, id {direction}"
            )
        ).all()
    assert [item.plan.id for item in found] == list(expected)
    assert len(found) == 2_500


@pytest.mark.parametrize(
    ("asked", "condition"),
    [
        ({}, "true"),
        ({"municipality": ("0115", "0180")}, "municipality IN ('0115', '0180')"),
        ({"county": ("03",)}, "county = '03'"),
        ({"stage": ("granskning", "laga kraft")}, "stage IN ('granskning', 'laga kraft')"),
        ({"text": "plan 77"}, "name ILIKE '%plan 77%'"),
        ({"text": "MSN 123"}, "municipality_case LIKE '%MSN 123%'"),
        ({"text": "%"}, "false"),
        ({"text": "_"}, "false"),
        ({"severity": ("prohibition",)}, "substr(designation, 2)::int % 500 = 1"),
        ({"objective": 3}, "substr(designation, 2)::int % 16 = 2 AND substr(designation, 2)::int % 5 > 0"),
        (
            {"bbox": (EAST, NORTH, EAST + 1_050, NORTH + 450)},
            "substr(designation, 2)::int % 100 < 6 AND substr(designation, 2)::int / 100 < 3",
        ),
        ({"municipality": ("0115",), "stage": ("samråd",), "objective": 16}, None),
        ({"where": Plan.municipality == "0120"}, "municipality = '0120'"),
    ],
)
def test_filters(many: Engine, asked: dict[str, Any], condition: str | None) -> None:
    found = {item.plan.id for item in everything(many, PlanQuery(**asked, limit=1_000))}
    if condition is None:
        condition = (
            "municipality = '0115' AND stage = 'samråd' AND substr(designation, 2)::int % 16 = 15 "
            "AND substr(designation, 2)::int % 5 > 0"
        )
    with many.connect() as connection:
        query = f"SELECT id FROM plan WHERE state = 'active' AND {condition}"  # noqa: S608 - ours
        assert found == set(connection.scalars(text(query.replace(":", r"\:"))))


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"sort": "name", "is_descending": False},
        {"municipality": ("0115",)},
        {"county": ("01",), "stage": ("samråd", "granskning")},
        {"severity": ("prohibition",)},
        {"severity": ("permit",), "sort": "name"},
        {"severity": ("permit", "prohibition"), "objective": 4},
        {"objective": 12, "hidden": frozenset({"skyddade_arter"})},
        {"text": "plan 777"},
        {"text": "finns inte"},
        {"bbox": (EAST, NORTH, EAST + 5_000, NORTH + 5_000), "sort": "answerBy"},
    ],
    ids=str,
)
def test_ten_thousand_plans_are_listed_at_once(many: Engine, asked: dict[str, Any]) -> None:
    """The aim of 50 ms is held by `make bench`; four times that here, since others use the machine."""
    query = PlanQuery(**asked)
    times = []
    with many.connect() as connection:
        list_plans(connection, query)
        for _ in range(20):
            started = time.perf_counter()
            list_plans(connection, query)
            times.append((time.perf_counter() - started) * 1_000)
    assert statistics.median(times) <= 200, sorted(times)


@given(limit=st.integers(1, 7), is_descending=st.booleans(), sort=st.sampled_from(SORT_KEYS))
@hypothesis_settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_paging_never_loses_or_repeats(many: Engine, limit: int, is_descending: bool, sort: Any) -> None:
    asked = PlanQuery(municipality=("0133",), limit=1_000, sort=sort, is_descending=is_descending)
    assert everything(many, replace(asked, limit=limit)) == everything(many, asked)


def test_the_latest_assessment_that_the_caller_may_see_is_shown(loaded: Engine, assessor: Assessor, keep: Keep) -> None:
    plan = keep()
    assert listed(loaded)[0].latest is None
    full = assess_plan(loaded, assessor, plan.version_id, caller=PLANNER)
    hidden = frozenset({"ramsar", "leder"})
    assert listed(loaded, hidden=hidden)[0].latest is None
    less = assess_plan(loaded, assessor, plan.version_id, caller=PLANNER, hidden=hidden)
    [seen], [open_to_all] = listed(loaded), listed(loaded, hidden=hidden)
    assert seen.latest is not None
    assert open_to_all.latest is not None
    assert (seen.latest.id, seen.latest.severity) == (full.id, full.severity)
    assert (open_to_all.latest.id, open_to_all.latest.severity) == (less.id, None)
    assert full.severity is not None
    assert listed(loaded, severity=(full.severity,), hidden=hidden) == []
    assert listed(loaded, objective=full.touched[0], hidden=hidden) == []
    assert listed(loaded, objective=full.touched[0]) == [seen]


def test_an_assessment_of_an_older_geometry_is_marked(loaded: Engine, assessor: Assessor, keep: Keep) -> None:
    plan = keep()
    assess_plan(loaded, assessor, plan.version_id, caller=PLANNER)
    assert listed(loaded)[0].document()["latestAssessment"]["isOfCurrentVersion"] is True
    with loaded.begin() as connection:
        add_version(connection, PLANNER, plan.id, whole(box(5_000, 0, 5_040, 40)), SOURCE)
    assert listed(loaded)[0].document()["latestAssessment"]["isOfCurrentVersion"] is False
    here = (EAST, NORTH, EAST + 100, NORTH + 100)
    assert listed(loaded, bbox=here) == []  # the current geometry counts


def test_withdrawn_plans_are_hidden_unless_asked_for(loaded: Engine, assessor: Assessor, keep: Keep) -> None:
    plan = keep()
    assess_plan(loaded, assessor, plan.version_id, caller=PLANNER)
    with loaded.begin() as connection:
        withdraw_plan(connection, PLANNER, plan.id)
    assert listed(loaded) == []
    assert [item.plan.id for item in listed(loaded, states=("withdrawn",))] == [plan.id]
