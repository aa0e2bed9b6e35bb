"""The queue of a county board: what it counts, held against the rooms that say the same of one plan at a time."""

from __future__ import annotations

import datetime as dt
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from assessments.conftest import PLANNER, REVIEWER, Case, Load, NewCase
from databases import engine_at, fresh_database
from factories import box, line, whole
from sqlalchemy import Engine, text

from geomiljo.access import Caller
from geomiljo.analysis.compare import compare
from geomiljo.assessments.freshness import Standing, is_stale, stale_plans
from geomiljo.assessments.opinion import last_words
from geomiljo.assessments.queue import QUEUE_SORTS, QueuedPlan, QueueQuery, Since, list_queue, queue_totals
from geomiljo.assessments.queue_places import consulted_assessment, queue_places
from geomiljo.assessments.reviews import NewStatement, add_statement, reviews_of
from geomiljo.assessments.store import StoredAssessment, latest_assessment
from geomiljo.catalogue import Catalogue
from geomiljo.plans.store import get_plan, update_plan

TODAY = dt.date(2026, 3, 1)
BENCH = Path(__file__).parents[2] / "bench"


def queue(engine: Engine, catalogue: Catalogue, **asked: Any) -> list[QueuedPlan]:
    with engine.connect() as connection:
        return list(list_queue(connection, catalogue, QueueQuery(**{"today": TODAY, **asked})).items)


def say(engine: Engine, stored: StoredAssessment, finding: str, by: Caller = REVIEWER, **what: Any) -> None:
    with engine.begin() as connection:
        add_statement(connection, by, stored, NewStatement(**{"finding": finding, "stance": "agree", **what}))


def to_stage(case: Case, stage: str) -> None:
    with case.engine.begin() as connection:
        plan = get_plan(connection, case.id)
        known = plan.metadata.model_copy(update={"stage": stage})
        update_plan(connection, PLANNER, case.id, known, expected_revision=plan.revision)


def unreviewed(engine: Engine, stored: StoredAssessment) -> int:
    with engine.connect() as connection:
        said = last_words(reviews_of(connection, stored))
    return sum(finding.id not in said for finding in stored.assessment.findings)


def test_a_queued_plan_tells_what_its_assessment_tells(
    engine: Engine, catalogue: Catalogue, load: Load, new_case: NewCase
) -> None:
    load("naturreservat", box(50, 0, 150, 100))
    load("nationalpark", box(0, 0, 30, 30))
    load("leder", line((0, 50), (100, 50)))
    case = new_case(answer_by=dt.date(2026, 3, 5))
    stored = case.assess()
    [queued] = queue(engine, catalogue)
    assessment = stored.assessment
    assert queued.assessment == stored.id
    assert {s: n for s, n in queued.findings.items() if n} == Counter(f.severity for f in assessment.findings)
    assert set(queued.grounds) == {f.ground for f in assessment.findings} - {None}
    assert (queued.severity, queued.unknown, queued.touched) == (stored.severity, stored.unknown, stored.touched)
    assert queued.unreviewed == len(assessment.findings) > 2
    assert (queued.days_left(TODAY), queued.is_stale, queued.since) == (4, False, None)
    assert queued.document()["sinceConsultation"] is None


def test_a_plan_that_was_never_assessed_is_in_the_queue(engine: Engine, catalogue: Catalogue, case: Case) -> None:
    [queued] = queue(engine, catalogue)
    assert (queued.id, queued.assessment, queued.severity, queued.unreviewed) == (case.id, None, None, 0)
    assert not queued.is_stale
    assert [p.id for p in queue(engine, catalogue, unclear=True)] == [case.id]  # nothing is known of it


def test_only_what_a_county_board_said_is_reviewed(
    engine: Engine, catalogue: Catalogue, load: Load, case: Case
) -> None:
    load("naturreservat", box(50, 0, 150, 100), box(0, 0, 20, 20))
    load("ramsar", box(0, 50, 20, 70))
    first = case.assess()
    one, other, *_rest = (f.id for f in first.assessment.findings)
    say(engine, first, one, PLANNER)
    say(engine, first, one, object="1")  # of one object of it
    assert queue(engine, catalogue)[0].unreviewed == len(first.assessment.findings)
    assert queue(engine, catalogue)[0].has_answer
    say(engine, first, one)
    say(engine, first, other)
    assert queue(engine, catalogue)[0].unreviewed == len(first.assessment.findings) - 2
    load("nationalpark", box(0, 0, 30, 30))  # the reserve's findings stand unchanged, with other numbers
    second = case.assess()
    assert queue(engine, catalogue)[0].unreviewed == unreviewed(engine, second)
    assert len(second.assessment.findings) > unreviewed(engine, second) > 0
    load("naturreservat", box(60, 0, 150, 100), box(0, 0, 20, 20))
    third = case.assess()
    assert queue(engine, catalogue)[0].unreviewed == unreviewed(engine, third)


def test_what_differs_from_the_consultation(engine: Engine, catalogue: Catalogue, load: Load, case: Case) -> None:
    load("naturreservat", box(50, 0, 150, 100))
    load("ramsar", box(0, 0, 20, 20))
    load("leder", line((0, 50), (100, 50)))
    consulted = case.assess()
    to_stage(case, "granskning")
    assert queue(engine, catalogue)[0].since == Since(0, 0, 0)
    load("nationalpark", box(20, 20, 40, 40))
    reviewed = case.assess(whole(box(20, 0, 100, 100)))
    since = queue(engine, catalogue)[0].since
    rules: dict[tuple[str, bool], set[str]] = {}
    for difference in compare(consulted.assessment, reviewed.assessment).findings:
        rules.setdefault((difference.rule, difference.conditional), set()).add(difference.kind)
    kept = {(f.rule, f.conditional) for f in consulted.assessment.findings}
    here = {(f.rule, f.conditional) for f in reviewed.assessment.findings}
    assert since == Since(len(here - kept), len(kept - here), sum(rule in kept & here for rule in rules))
    assert min(since.new, since.gone, since.changed) > 0
    assert [p.id for p in queue(engine, catalogue, changed=True)] == [case.id]


def test_an_assessment_of_the_consultation_that_was_made_later_is_taken_where_there_is_no_other(
    engine: Engine, catalogue: Catalogue, load: Load, case: Case
) -> None:
    load("naturreservat", box(50, 0, 150, 100))
    to_stage(case, "granskning")
    case.assess()
    assert queue(engine, catalogue)[0].since == Since(0, 0, 0)
    case.assess(whole(box(0, 0, 10, 10)))
    found = queue(engine, catalogue)[0].since
    assert found is not None
    assert found.gone > 0


def test_stale_plans_are_those_that_the_recheck_finds(
    engine: Engine, catalogue: Catalogue, load: Load, new_case: NewCase
) -> None:
    load("naturreservat", box(50, 0, 150, 100), box(5_000, 5_000, 5_100, 5_100))
    near, far = new_case(name="Nära"), new_case(whole(box(5_000, 5_000, 5_050, 5_050)), name="Långt bort")
    for case in (near, far):
        case.assess()
    assert [p.is_stale for p in queue(engine, catalogue, sort="name")] == [False, False]
    load("naturreservat", box(50, 0, 140, 100), box(5_000, 5_000, 5_100, 5_100))
    load("naturreservat", box(50, 0, 130, 100), box(5_000, 5_000, 5_100, 5_100))
    stale = {p.id: p.is_stale for p in queue(engine, catalogue)}
    assert stale == {near.id: True, far.id: False}
    with engine.connect() as connection:
        standing = Standing.now(connection, catalogue)
        for plan_id, found in stale.items():
            stored = latest_assessment(connection, plan_id)
            assert stored is not None
            assert is_stale(standing.changes(connection, stored)) == found
        assert [plan.plan_id for plan in stale_plans(connection, catalogue)] == [near.id]
    assert [p.id for p in queue(engine, catalogue, stale=True)] == [near.id]
    load("nationalpark", box(9_000, 9_000, 9_001, 9_001))  # a layer that was not there matters everywhere
    assert all(p.is_stale for p in queue(engine, catalogue))


def test_hidden_layers_count_for_nobody_who_may_not_see_them(
    engine: Engine, catalogue: Catalogue, load: Load, case: Case
) -> None:
    load("naturreservat", box(50, 0, 150, 100))
    load("nationalpark", box(0, 0, 30, 30))
    hidden = frozenset({"nationalpark"})
    fewer, full = case.assess(hidden=hidden), case.assess()
    for seen, stored in ((hidden, fewer), (frozenset(), full)):
        [queued] = queue(engine, catalogue, hidden=seen)
        assert sum(queued.findings.values()) == len(stored.assessment.findings)
        assert not queued.is_stale


def test_totals_count_the_county(engine: Engine, catalogue: Catalogue, load: Load, new_case: NewCase) -> None:
    load("naturreservat", box(50, 0, 150, 100))
    load("kulturreservat", box(0, 0, 9, 9))
    stored = new_case(name="Snart", answer_by=dt.date(2026, 3, 8)).assess()
    new_case(name="Sedan", answer_by=dt.date(2026, 3, 9)).assess()
    new_case(name="Annat län", municipality="1480", answer_by=TODAY).assess()
    new_case(name="Annat skede", stage="laga kraft").assess()
    say(engine, stored, stored.assessment.findings[0].id, PLANNER)
    with engine.connect() as connection:
        totals = queue_totals(connection, QueueQuery(today=TODAY, county="01"))
    assert (totals.plans, totals.soon, totals.unreviewed, totals.answered) == (2, 1, 2, 1)
    assert totals.prohibited == 2 * (stored.severity == "prohibition")
    assert totals.unclear == 2
    assert totals.changed == 0
    assert {p.name for p in queue(engine, catalogue, county="01", within_days=7)} == {"Snart"}
    assert {p.name for p in queue(engine, catalogue, county="01", answered=True)} == {"Snart"}


@pytest.fixture(scope="module")
def many(cluster_url: str, migrated_template: str) -> Iterator[Engine]:
    """Ten thousand plans with findings and statements."""
    with fresh_database(cluster_url, migrated_template) as url, engine_at(url) as engine:
        with engine.begin() as connection:
            for name in ("many_plans", "many_findings"):
                script = (BENCH / f"{name}.sql").read_text(encoding="utf-8")
                connection.execute(text(script.replace(":", r"\:")))
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
        yield engine


_RANK = "coalesce(array_position(ARRAY['prohibition','permit','consider','opportunity'], l.severity::text), 5)"


@pytest.mark.parametrize("is_descending", [True, False])
@pytest.mark.parametrize("sort", QUEUE_SORTS)
def test_pages_hold_each_plan_once_in_order(many: Engine, catalogue: Catalogue, sort: Any, is_descending: bool) -> None:
    asked = QueueQuery(TODAY, county="01", sort=sort, is_descending=is_descending, limit=700)
    found: list[QueuedPlan] = []
    with many.connect() as connection:
        while asked.after is not None or not found:
            page = list_queue(connection, catalogue, asked)
            found += page.items
            asked = replace(asked, after=page.next)
            if page.next is None:
                break
        key = {"deadline": "coalesce(answer_by, '9999-12-31')", "changed": "changed_at", "severity": _RANK}.get(
            sort, sort
        )
        direction = "DESC" if is_descending else "ASC"
        expected = connection.scalars(
            text(
                "SELECT p.id FROM plan p LEFT JOIN latest_assessment l ON l.plan_id = p.id AND l.hidden = '{}' "  # noqa: S608
                "WHERE stage IN ('samråd', 'granskning') AND state = 'active' AND county = '01' "
                f"ORDER BY {key} {direction}, p.id {direction}"
            )
        ).all()
    assert [item.id for item in found] == list(expected)
    assert len(found) == 1_698


_SAID = """EXISTS (SELECT FROM review_statement s JOIN finding g ON g.assessment_key = s.assessment_key
    AND g.id = s.finding WHERE s.plan_id = p.id AND s.by_role = 'reviewer'
    AND (g.rule, g.digest) = (f.rule, f.digest))"""


@pytest.mark.parametrize(
    ("asked", "condition"),
    [
        ({"municipality": ("0115", "0180")}, "p.municipality IN ('0115', '0180')"),
        ({"severity": ("prohibition",)}, "l.severity = 'prohibition'"),
        ({"grounds": ("shore",)}, "EXISTS (SELECT FROM finding f WHERE f.assessment_key = l.key AND ground = 'shore')"),
        ({"objective": 2}, "2 = ANY(l.touched)"),
        ({"within_days": 10}, "p.answer_by <= '2026-03-11'"),
        ({"words": "lan 77"}, "p.name LIKE '%lan 77%'"),
        ({"words": "P7_"}, "false"),
        (
            {"unreviewed": True},
            f"EXISTS (SELECT FROM finding f WHERE f.assessment_key = l.key AND NOT {_SAID})",
        ),
        ({"unreviewed": True, "municipality": ("0115",), "severity": ("permit",)}, None),
        ({"stages": ("laga kraft",)}, "p.stage = 'laga kraft'"),
        ({"stages": ("påbörjad",)}, "false"),
    ],
)
def test_filters_keep_what_plain_sql_keeps(
    many: Engine, catalogue: Catalogue, asked: dict[str, Any], condition: str | None
) -> None:
    if condition is None:
        condition = (
            f"EXISTS (SELECT FROM finding f WHERE f.assessment_key = l.key AND NOT {_SAID})"
            " AND p.municipality = '0115' AND l.severity = 'permit'"
        )
    stages = "true" if "stages" in asked else "p.stage IN ('samråd', 'granskning')"
    with many.connect() as connection:
        expected = connection.scalars(
            text(
                "SELECT p.id FROM plan p LEFT JOIN assessment l ON l.key = (SELECT assessment_key "  # noqa: S608
                "FROM latest_assessment WHERE plan_id = p.id AND hidden = '{}') "
                f"WHERE p.state = 'active' AND {stages} AND ({condition})"
            )
        ).all()
    found = queue(many, catalogue, limit=10_000, **asked)
    assert sorted(p.id for p in found) == sorted(expected)
    assert bool(expected) == (condition != "false")


def test_the_queue_of_ten_thousand_plans_is_fast(many: Engine, catalogue: Catalogue) -> None:
    """A county of 1,700 plans: the page and the totals in tenths of a second, whatever else the machine does."""
    spent: dict[str, list[float]] = {"page": [], "totals": []}
    with many.connect() as connection:
        for filters in ({}, {"severity": ("permit",)}, {"grounds": ("shore",)}, {"sort": "name"}, {"stale": True}) * 2:
            asked = QueueQuery(TODAY, county="01", **filters)
            started = time.perf_counter()
            list_queue(connection, catalogue, asked)
            spent["page"].append(time.perf_counter() - started)
            started = time.perf_counter()
            queue_totals(connection, asked)
            spent["totals"].append(time.perf_counter() - started)
    assert min(spent["page"]) < 0.3, statistics.quantiles(spent["page"])
    assert min(spent["totals"]) < 0.5, statistics.quantiles(spent["totals"])


def test_the_consultation_is_what_went_out(engine: Engine, catalogue: Catalogue, load: Load, case: Case) -> None:
    """Also where the geometry was redrawn before the plan came to review."""
    load("naturreservat", box(50, 0, 150, 100))
    went_out = case.assess()
    case.assess(whole(box(0, 0, 10, 10)))
    with engine.connect() as connection:
        assert consulted_assessment(connection, case.id, frozenset(), TODAY) is None
    to_stage(case, "granskning")
    with engine.connect() as connection:
        assert consulted_assessment(connection, case.id, frozenset(), TODAY) == went_out
    since = queue(engine, catalogue)[0].since
    assert since is not None
    assert since.gone == len(went_out.assessment.findings)


def test_the_map_shows_what_the_list_holds(engine: Engine, catalogue: Catalogue, load: Load, new_case: NewCase) -> None:
    load("naturreservat", box(50, 0, 150, 100))
    touched, _far = new_case(), new_case(whole(box(5_000, 0, 5_100, 100)), name="Långt bort")
    stored = touched.assess()
    asked = QueueQuery(TODAY, county="01")
    with engine.connect() as connection:
        places, matching = queue_places(connection, catalogue, asked)
        [one], _ = queue_places(connection, catalogue, replace(asked, words="björk"))
        assert queue_places(connection, catalogue, asked, most=1) == (places[:1], matching)
    assert matching == 2
    assert [place.severity for place in places] == [stored.severity, None]
    assert (one.id, one.geometry) == (touched.id, box(0, 0, 100, 100))
