"""The ledger: hectares once, held against PostGIS over whole plans and objects."""

from __future__ import annotations

import csv
import datetime as dt
import io

import orjson
import pytest
import shapely
from assessments.conftest import PLANNER, SOURCE, Load, NewCase
from factories import box, plan, point, whole
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text, update
from strategies import polygons

from geomiljo.access import ANONYMOUS
from geomiljo.analysis.ledger import LedgerRow, Territory, TouchedGround, add_up
from geomiljo.assessments import Assessor
from geomiljo.assessments.ledger import Ledger, LedgerQuery, ledger
from geomiljo.database.case_tables import Plan
from geomiljo.errors import NotFound
from geomiljo.plans.store import add_version, update_plan
from geomiljo.plans.visibility import visible
from geomiljo.reports.ledger import LEDGER_COLUMNS, ledger_csv, ledger_geojson, ledger_row

RESERVES = "naturreservat.overlap"
_ONCE = """
    SELECT coalesce(ST_Area(ST_Union(ST_Intersection(v.geom, f.geom))), 0)
    FROM plan_version v JOIN plan p ON p.id = v.plan_id AND v.is_current
    JOIN layer_version l ON l.layer = :layer AND l.state = 'active'
    JOIN feature f ON f.version_id = l.id AND ST_Intersects(v.geom, f.geom)
    WHERE p.municipality = :municipality
"""


def ask(engine: Engine, assessor: Assessor, query: LedgerQuery | None = None) -> Ledger:
    with engine.connect() as connection:
        return ledger(connection, assessor, query or LedgerQuery())


def row(found: Ledger, group: str = "rule", **about: object) -> LedgerRow:
    about = {"rule": RESERVES, **about} if group != "objective" else about
    (one,) = [r for r in found.rows if r.group == group and all(getattr(r, k) == v for k, v in about.items())]
    return one


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.lists(
        st.builds(
            TouchedGround,
            plan=st.sampled_from("ABC"),
            rule=st.sampled_from(["r", "s"]),
            layer=st.just("l"),
            class_id=st.sampled_from(["x", "y"]),
            conditional=st.booleans(),
            background=st.booleans(),
            objectives=st.sampled_from([(16,), (12, 16), ()]),
            geometry=st.none() | polygons(),
        ),
        max_size=8,
    )
)
def test_hectares_are_those_of_the_union_in_postgis(connection: Connection, grounds: list[TouchedGround]) -> None:
    rows = add_up(grounds, Territory(None, {}), {}, {})
    for one in rows:
        mine = [g for g in grounds if _belongs(g, one)]
        wkb = [shapely.to_wkb(g.geometry, hex=True) for g in mine if g.geometry is not None]
        once = connection.scalar(
            text(
                "SELECT coalesce(ST_Area(ST_Union(ST_GeomFromWKB(decode(w, 'hex')))), 0)"
                " FROM unnest(CAST(:w AS text[])) AS w"
            ),
            {"w": wkb},
        )
        assert one.area_m2 == pytest.approx(once, rel=1e-9, abs=1e-3)
        assert one.plans == len({g.plan for g in mine})
    assert {(g.rule, g.class_id, g.conditional) for g in grounds} == {
        (r.rule, r.class_id, r.conditional) for r in rows if r.group == "class"
    }


def _belongs(ground: TouchedGround, one: LedgerRow) -> bool:
    if one.group == "objective":
        return one.objective in ground.objectives and not (ground.conditional or ground.background)
    same = (ground.rule, ground.conditional) == (one.rule, one.conditional)
    return same and one.class_id in (None, ground.class_id)


def test_overlapping_plans_count_once(engine: Engine, assessor: Assessor, load: Load, new_case: NewCase) -> None:
    load("naturreservat", box(50, -500, 700, 60), box(400, 0, 900, 900))
    for area in (box(0, 0, 100, 100), box(40, 40, 160, 160), box(500, 0, 620, 100)):
        new_case(whole(area)).assess()
    new_case(whole(box(0, 0, 100, 100)), municipality="0180").assess()
    found = ask(engine, assessor, LedgerQuery(municipality="0115"))
    with engine.connect() as connection:
        once = connection.scalar(text(_ONCE), {"layer": "naturreservat", "municipality": "0115"})
    reserves = row(found)
    assert reserves.area_m2 == pytest.approx(once)
    assert once > 0
    assert (found.plans, reserves.plans) == (3, 3)
    assert row(found, "objective", objective=16).area_m2 == pytest.approx(once)
    assert row(ask(engine, assessor)).plans == 4
    assert row(ask(engine, assessor)).area_m2 == pytest.approx(once)


def test_the_share_of_a_class_is_of_its_area_in_the_municipality(
    engine: Engine, assessor: Assessor, load: Load, new_case: NewCase
) -> None:
    municipality = box(0, 0, 1000, 1000)
    load("naturreservat", box(0, 0, 100, 400), box(50, 0, 150, 400), box(900, 0, 3000, 1000))
    new_case(whole(box(0, 0, 60, 100))).assess()
    without = row(ask(engine, assessor, LedgerQuery(municipality="0115")), "class")
    assert (without.class_area_m2, without.share_of_class) == (None, None)
    load("kommun", municipality)
    found = ask(engine, assessor, LedgerQuery(municipality="0115"))
    assert "kommun" in found.notes[0].en  # its object has another code
    load("kommun", municipality, ids=["115"])
    share = row(ask(engine, assessor, LedgerQuery(municipality="0115")), "class")
    assert share.class_area_m2 == pytest.approx(150 * 400 + 100 * 1000)
    assert share.share_of_class == pytest.approx(6_000 / (150 * 400 + 100 * 1000))
    everywhere = row(ask(engine, assessor), "class")
    assert everywhere.class_area_m2 == pytest.approx(150 * 400 + 2100 * 1000)


def test_a_layer_that_maps_a_part_gives_no_share(
    engine: Engine, assessor: Assessor, load: Load, new_case: NewCase
) -> None:
    load("kommun", box(0, 0, 1000, 1000), ids=["0115"])
    load("naturreservat", box(0, 0, 100, 400), coverage=box(-2000, -2000, 800, 2000))
    new_case(whole(box(0, 0, 60, 100))).assess()
    found = ask(engine, assessor, LedgerQuery(municipality="0115"))
    assert row(found, "class").share_of_class is None
    assert "naturreservat" in found.notes[0].en


def test_what_was_not_answered_is_told(engine: Engine, assessor: Assessor, load: Load, new_case: NewCase) -> None:
    load("naturreservat", box(0, 0, 100, 400))
    assessed, later = new_case(), new_case()
    new_case()
    assessed.assess()
    first = later.assess()
    with engine.begin() as connection:
        add_version(connection, PLANNER, later.id, whole(box(0, 0, 50, 50)), SOURCE)
    found = ask(engine, assessor)
    assert (found.plans, found.not_assessed, found.outdated) == (3, 1, 1)
    assert found.layers_unanswered["ramsar"] == 2
    assert "naturreservat" not in found.layers_unanswered
    unknown = {number for number in range(1, 17) if row(found, "objective", objective=number).plans_unknown == 2}
    assert unknown == set(first.unknown) != set()


def test_conditional_and_background_findings_flag_no_objective(
    engine: Engine, assessor: Assessor, load: Load, new_case: NewCase
) -> None:
    load("fororenat_omrade", point(10, 10), point(60, 60))
    new_case(plan((box(0, 0, 50, 100), ("B",)), (box(50, 0, 100, 100), None))).assess()
    found = ask(engine, assessor)
    rule = "fororenat_omrade.sensitive"
    assert row(found, rule=rule, conditional=True).plans == row(found, rule=rule, conditional=False).plans == 1
    objectives = {o for f in found.rows if f.group == "objective" and f.plans for o in [f.objective]}
    assert objectives <= {o for r in assessor.catalogue.rules.values() if not r.background for o in r.objectives}


def test_plans_are_chosen_by_place_stage_period_and_right(
    engine: Engine, assessor: Assessor, load: Load, new_case: NewCase
) -> None:
    load("naturreservat", box(-500, -500, 500, 500))
    for municipality, stage in (("0115", "samråd"), ("0115", "planbesked"), ("1480", "laga kraft")):
        new_case(municipality=municipality, stage=stage).assess()

    def plans(**asked: object) -> int:
        return ask(engine, assessor, LedgerQuery(**asked)).plans  # type: ignore[arg-type]

    today = dt.datetime.now(dt.UTC).astimezone().date()
    day = dt.timedelta(days=2)
    assert plans() == 3
    assert plans(municipality="0115") == plans(county="01") == 2
    assert plans(stages=("samråd", "laga kraft")) == 2
    assert plans(where=visible(ANONYMOUS)) == 2
    assert plans(since=today - day, until=today + day) == 3
    assert plans(until=today - day) == plans(since=today + day) == 0
    with pytest.raises(NotFound, match="9999"):
        plans(municipality="9999")


def test_the_period_is_that_of_the_stage(engine: Engine, assessor: Assessor, load: Load, new_case: NewCase) -> None:
    """A plan that came to consultation long ago and to review today is of today; an edited name changes nothing."""
    case = new_case()
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE plan_event DISABLE TRIGGER never_changed"))
        connection.execute(text("UPDATE plan_event SET at = at - interval '400 days'"))
        connection.execute(text("ALTER TABLE plan_event ENABLE TRIGGER never_changed"))
        renamed = case.plan.metadata.model_copy(update={"name": "Nytt namn"})
        update_plan(connection, PLANNER, case.id, renamed, expected_revision=1)
    since = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=2)
    assert ask(engine, assessor, LedgerQuery(since=since)).plans == 0
    with engine.begin() as connection:
        reviewed = renamed.model_copy(update={"stage": "granskning"})
        update_plan(connection, PLANNER, case.id, reviewed, expected_revision=2)
    assert ask(engine, assessor, LedgerQuery(since=since)).plans == 1


def test_hidden_layers_leave_no_trace(engine: Engine, assessor: Assessor, load: Load, new_case: NewCase) -> None:
    load("naturreservat", box(-500, -500, 500, 500))
    load("nationalpark", box(-500, -500, 500, 500))
    hidden = frozenset({"naturreservat"})
    case = new_case()
    case.assess()
    none = ask(engine, assessor, LedgerQuery(hidden=hidden))
    assert (none.plans, none.not_assessed) == (1, 1)
    case.assess(hidden=hidden)
    found = ask(engine, assessor, LedgerQuery(hidden=hidden))
    assert {r.layer for r in found.rows} == {None, "nationalpark"}
    assert "naturreservat" not in found.layers_unanswered
    assert {r.layer for r in ask(engine, assessor).rows} == {None, "nationalpark", "naturreservat"}


def test_withdrawn_plans_are_left_out(engine: Engine, assessor: Assessor, load: Load, new_case: NewCase) -> None:
    load("naturreservat", box(-500, -500, 500, 500))
    new_case().assess()
    with engine.begin() as connection:
        connection.execute(update(Plan).values(state="withdrawn"))
    assert ask(engine, assessor).plans == 0


def test_json_csv_and_geojson_say_the_same(engine: Engine, assessor: Assessor, load: Load, new_case: NewCase) -> None:
    load("naturreservat", box(50, 0, 700, 60))
    new_case().assess()
    found = ask(engine, assessor)
    documents = [ledger_row(one) for one in found.rows]
    rows = list(csv.DictReader(io.StringIO(ledger_csv(found.rows).decode("utf-8-sig"))))
    collection = orjson.loads(ledger_geojson(found.rows))
    assert tuple(rows[0]) == LEDGER_COLUMNS == tuple(documents[0])
    assert [feature["properties"] for feature in collection["features"]] == documents
    assert [float(one["areaHa"]) for one in rows] == [document["areaHa"] for document in documents]
    first = collection["features"][0]
    assert first["geometry"]["type"] == "Polygon"
    assert documents[0]["areaHa"] == pytest.approx(0.3)
    assert collection["features"][-1]["geometry"] is None or documents[-1]["plans"]
