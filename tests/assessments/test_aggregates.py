"""Matrix, ledger over time and overlap of interests, held against plain PostGIS and against counting by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
import shapely
from assessments.conftest import Load, NewCase
from factories import EAST, NORTH, box, plan, whole
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text, update

from geomiljo.analysis.ledger import TouchedGround
from geomiljo.analysis.ledger_series import month_by_month
from geomiljo.assessments.ledger import LedgerQuery
from geomiljo.assessments.ledger_series import ledger_over_time
from geomiljo.assessments.matrix import MatrixCell, MatrixQuery, objective_matrix, worst_by_plan
from geomiljo.assessments.overlap import OverlapArea, OverlapQuery, overlap_count
from geomiljo.assessments.queue import QueueQuery, list_queue
from geomiljo.catalogue import Catalogue
from geomiljo.catalogue.rules import SEVERITIES
from geomiljo.database.case_tables import PlanEvent
from geomiljo.errors import LimitExceeded


def cells(engine: Engine, **asked: Any) -> dict[tuple[str, int], MatrixCell]:
    with engine.connect() as connection:
        found = objective_matrix(connection, MatrixQuery(**asked))
    return {(cell.municipality, cell.objective): cell for cell in found}


def test_the_matrix_counts_plans_by_their_worst_and_ground_once(
    engine: Engine, catalogue: Catalogue, load: Load, new_case: NewCase
) -> None:
    load("naturreservat", box(50, -500, 700, 60), box(400, 0, 900, 900))
    load("nationalpark", box(0, 0, 30, 30))
    assessed = [
        new_case(whole(area), municipality=code).assess()
        for area, code in (
            (box(0, 0, 100, 100), "0115"),
            (box(40, 40, 160, 160), "0115"),
            (box(500, 0, 620, 100), "0180"),
        )
    ]
    new_case(municipality="0180")  # never assessed
    new_case(municipality="0180", stage="program").assess()  # not yet open
    found = cells(engine, with_area=True)
    assert len(found) == 2 * 16
    for (code, number), cell in found.items():
        mine = [s for s, place in zip(assessed, ("0115", "0115", "0180"), strict=True) if place == code]
        objectives = [o for s in mine for o in s.assessment.objectives if o.number == number]
        assert cell.unknown == sum(o.flag == "unknown" for o in objectives)
        assert {s: n for s, n in cell.touched.items() if n} == {
            s: n for s in SEVERITIES if (n := sum(o.severity == s for o in objectives))
        }
        assert cell.plans == 2
        assert cell.assessed == len(mine)
        assert cell.is_unclear == (bool(mine) and all(o.flag == "unknown" for o in objectives))
    _areas_are_those_of_plain_sql(engine, found)
    with engine.connect() as connection:
        worst = worst_by_plan(connection, MatrixQuery())
    assert worst == {
        s.plan_id: {o.number: o.severity for o in s.assessment.objectives if o.flag == "touched"} for s in assessed
    }
    with engine.connect() as connection:  # the list behind a cell
        for (code, number), cell in found.items():
            asked = QueueQuery(dt.date(2026, 1, 1), municipality=(code,), objective=number, limit=200)
            for levels in ((), *((severity,) for severity in SEVERITIES)):
                listed = list_queue(connection, catalogue, replace(asked, levels=levels)).items
                assert len(listed) == cell.plans_with(levels or SEVERITIES)
    assert cells(engine, county="14") == {}
    assert {code for code, _ in cells(engine, municipality="0180")} == {"0180"}


def _areas_are_those_of_plain_sql(engine: Engine, found: dict[tuple[str, int], MatrixCell]) -> None:
    once = """
        SELECT coalesce(ST_Area(ST_Union(f.geom)), 0) FROM finding f JOIN assessment a ON a.key = f.assessment_key
        JOIN plan p ON p.id = a.plan_id
        WHERE p.municipality = :code AND p.stage = 'samråd' AND :number = ANY(objectives)
        AND f.severity = ANY(:severities) AND NOT background AND NOT conditional
    """
    with engine.connect() as connection:
        for (code, number), cell in found.items():
            for count in range(1, 5):
                values = {"code": code, "number": number, "severities": list(SEVERITIES[:count])}
                expected = connection.scalar(text(once), values)
                assert cell.hectares_with(SEVERITIES[:count]) * 10_000 == pytest.approx(expected, abs=1e-6)


GROUND = st.builds(
    TouchedGround,
    plan=st.sampled_from("ABC"),
    rule=st.just("r"),
    layer=st.just("l"),
    class_id=st.just("c"),
    conditional=st.booleans(),
    background=st.booleans(),
    objectives=st.sampled_from([(16,), (12, 16), (4,)]),
    geometry=st.none() | st.builds(lambda x, w: box(x, 0, x + w, 10), st.integers(0, 90), st.integers(1, 60)),
)


@given(
    st.lists(GROUND, max_size=8), st.lists(st.dates(dt.date(2025, 1, 1), dt.date(2026, 6, 30)), min_size=3, max_size=3)
)
def test_each_month_is_the_sum_of_what_had_come(grounds: list[TouchedGround], days: list[dt.date]) -> None:
    came = dict(zip("ABC", days, strict=True))
    months = month_by_month(came, grounds, dt.date(2026, 7, 1))
    assert [m.month for m in months] == sorted({m.month for m in months})
    assert months[-1].month == dt.date(2026, 7, 1)
    for month in months:
        ends = (month.month + dt.timedelta(days=31)).replace(day=1)
        there = {p for p, day in came.items() if day < ends}
        assert month.plans == len(there)
        mine = [g for g in grounds if g.plan in there and g.geometry and not (g.conditional or g.background)]
        assert month.area_m2 == pytest.approx(shapely.union_all([g.geometry for g in mine]).area)
        for number in (4, 12, 16):
            own = shapely.union_all([g.geometry for g in mine if number in g.objectives]).area
            assert month.objectives.get(number, 0.0) == pytest.approx(own)


def test_a_plan_counts_from_the_month_in_which_it_came_to_its_stage(
    engine: Engine, load: Load, new_case: NewCase
) -> None:
    load("naturreservat", box(0, 0, 400, 400))
    first, second = new_case(), new_case(whole(box(50, 0, 150, 100)))
    for case in (first, second):
        case.assess()
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE plan_event DISABLE TRIGGER USER"))
        for case, hour in ((first, 22), (second, 23)):  # the later one is February in Sweden
            at = dt.datetime(2026, 1, 31, hour, 30, tzinfo=dt.UTC)
            connection.execute(update(PlanEvent).where(PlanEvent.plan_id == case.id).values(at=at))
    with engine.connect() as connection:
        months = ledger_over_time(connection, LedgerQuery(municipality="0115"), dt.date(2026, 3, 1))
    assert [(m.month.month, m.plans, m.area_m2) for m in months] == [(1, 1, 10_000), (2, 2, 15_000), (3, 2, 15_000)]
    with engine.connect() as connection:
        assert ledger_over_time(connection, LedgerQuery(municipality="0180"), dt.date(2026, 3, 1)) == ()


def overlaps(engine: Engine, **asked: Any) -> tuple[OverlapArea, ...]:
    with engine.connect() as connection:
        return overlap_count(connection, OverlapQuery(**asked))


def test_interests_on_the_same_spot_worked_by_hand(engine: Engine, load: Load, new_case: NewCase) -> None:
    load("naturreservat", box(0, 0, 60, 100), box(40, 0, 80, 100))
    load("nationalpark", box(50, 0, 100, 50))
    new_case().assess()
    by_layer = overlaps(engine)
    assert {a.interests: a.area_m2 for a in by_layer} == pytest.approx({1: 7_500.0, 2: 1_500.0})
    by_object = overlaps(engine, interest="object")
    assert {a.interests: a.area_m2 for a in by_object} == pytest.approx({1: 6_000.0, 2: 2_500.0, 3: 500.0})


@pytest.mark.parametrize("interest", ["layer", "object"])
def test_every_spot_has_the_count_of_what_covers_it(
    engine: Engine, load: Load, new_case: NewCase, interest: str
) -> None:
    """Plans that overlap each other, objects with holes and shared borders; spots on a grid of no object's."""
    ring = box(0, 0, 90, 90) - box(20, 20, 50, 50)
    load("naturreservat", ring, box(60, 10, 130, 40), box(90, 40, 130, 90))
    load("nationalpark", shapely.Point(EAST + 60, NORTH + 60).buffer(35))
    load("ramsar", box(-10, -10, 70, 33.3))
    for area in (box(0, 0, 100, 100), box(70, 0, 140, 100)):
        new_case(whole(area)).assess()
    found = overlaps(engine, interest=interest)
    shapes = [a.geometry for a in found]
    assert shapely.union_all(shapes).area == pytest.approx(sum(a.area_m2 for a in found), rel=1e-6)
    counted = """
        SELECT count(DISTINCT (f.layer, CASE WHEN :by_object THEN c.object_id END)) FROM conflict_piece c
        JOIN finding f ON f.assessment_key = c.assessment_key AND f.id = c.finding
        WHERE NOT f.background AND NOT f.conditional AND ST_Dimension(c.geom) = 2
        AND ST_Intersects(c.geom, ST_SetSRID(ST_MakePoint(:x, :y), 3006))
    """
    with engine.connect() as connection:
        for x in range(1, 140, 9):
            for y in range(1, 100, 9):
                spot = shapely.Point(EAST + x + 0.37, NORTH + y + 0.71)
                values = {"x": spot.x, "y": spot.y, "by_object": interest == "object"}
                expected = connection.scalar(text(counted), values)
                assert sum(a.interests for a in found if a.geometry.covers(spot)) == expected, spot


def test_too_much_to_lay_over_each_other_is_refused(engine: Engine, load: Load, new_case: NewCase) -> None:
    load("naturreservat", box(0, 0, 60, 100), box(40, 0, 80, 100))
    case = new_case(plan((box(0, 0, 100, 100), ("B",))))
    case.assess()
    with engine.connect() as connection, pytest.raises(LimitExceeded, match="more than 1 parts"):
        overlap_count(connection, OverlapQuery(), most_pieces=1)
    assert overlaps(engine, plans=(case.id,)) == overlaps(engine)
    assert overlaps(engine, municipality="0180") == ()
