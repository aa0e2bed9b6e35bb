"""Checks that are kept for a day: as they were made, by whom they may be seen, and how they go."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import shapely
from cases.conftest import AREA, SOURCE
from factories import box, plan
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import Engine, text

from geomiljo.access import ANONYMOUS, LOCAL, Caller
from geomiljo.analysis.area import PlanArea, PlanPart, RepairNote
from geomiljo.analysis.document import same_answer
from geomiljo.assessments import Assessor, shapes_of
from geomiljo.assessments.checks import (
    KeptCheck,
    drop_old_checks,
    get_check,
    get_upload,
    keep_check,
    keep_upload,
    recent_checks,
    shapes_of_check,
)
from geomiljo.database.acting import Acting, acting_as
from geomiljo.database.engine import open_engine
from geomiljo.errors import NotFound, TooManyRequests
from geomiljo.layers.readers import open_reader
from geomiljo.plans.area_document import area_document, area_of_document
from geomiljo.plans.case import PlanSource
from geomiljo.settings import Settings
from geomiljo.texts import Marked

OPEN: frozenset[str] = frozenset()
SECRET = frozenset({"seveso"})
PLANNER = Caller("key:planner", "planner", "planner", municipality="0180")
OTHER = Caller("key:other", "other", "planner", municipality="1480")


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(database_url=SecretStr(database_url), uploads_anonymous_bytes=100)


@pytest.fixture
def service(settings: Settings, loaded: Engine) -> Iterator[Engine]:
    """The service's engine, with row-level security, over two layers."""
    service = open_engine(settings, as_service=True)
    yield service
    service.dispose()


def keep(
    engine: Engine,
    assessor: Assessor,
    settings: Settings,
    caller: Caller = ANONYMOUS,
    hidden: frozenset[str] = OPEN,
    area: PlanArea = AREA,
) -> str:
    with acting_as(Acting(caller, hidden)):
        with open_reader(engine) as reader:
            assessment = assessor.assess(area, reader, hidden=hidden)
        with engine.begin() as connection:
            upload = keep_upload(connection, caller, SOURCE, settings)
            return keep_check(
                connection, caller, upload, area, assessment, settings=settings, hidden=hidden, stage="samråd"
            )


def found(engine: Engine, check_id: str, caller: Caller = ANONYMOUS, hidden: frozenset[str] = OPEN) -> KeptCheck:
    with acting_as(Acting(caller, hidden)), engine.begin() as connection:
        return get_check(connection, check_id, hidden)


def test_a_check_comes_back_as_it_was_made(service: Engine, assessor: Assessor, settings: Settings) -> None:
    check = found(service, keep(service, assessor, settings))
    with open_reader(service) as reader:
        again = assessor.assess(AREA, reader)
        shapes = shapes_of(again, AREA, reader)
    assert same_answer(check.assessment, again)
    assert len(check.id) == 32
    assert (check.stage, check.area.parts) == ("samråd", AREA.parts)
    with acting_as(Acting(ANONYMOUS, OPEN)), service.begin() as connection:
        assert get_upload(connection, check.upload_id) == SOURCE
        kept = shapes_of_check(connection, check)
    assert [s.geometry.wkb for s in kept.findings] == [s.geometry.wkb for s in shapes.findings] != []


@pytest.mark.parametrize(("made_without", "reader_may_not", "is_seen"), [
    (OPEN, OPEN, True), (SECRET, OPEN, True), (SECRET, SECRET, True), (OPEN, SECRET, False),
])  # fmt: skip
def test_a_check_is_open_to_whoever_may_see_its_layers(
    service: Engine,
    assessor: Assessor,
    settings: Settings,
    made_without: frozenset[str],
    reader_may_not: frozenset[str],
    *,
    is_seen: bool,
) -> None:
    check_id = keep(service, assessor, settings, PLANNER, made_without)
    if is_seen:
        assert found(service, check_id, OTHER, reader_may_not).id == check_id
        return
    with pytest.raises(NotFound):
        found(service, check_id, OTHER, reader_may_not)
    with acting_as(Acting(OTHER, reader_may_not)), service.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM kept_check")) == 0
        assert connection.scalar(text("SELECT count(*) FROM upload")) == 0


def test_a_file_without_a_check_is_its_senders_alone(service: Engine, settings: Settings) -> None:
    with acting_as(Acting(PLANNER, OPEN)), service.begin() as connection:
        upload = keep_upload(connection, PLANNER, SOURCE, settings)
        assert get_upload(connection, upload) == SOURCE
    with acting_as(Acting(OTHER, OPEN)), service.connect() as connection, pytest.raises(NotFound):
        get_upload(connection, upload)


def test_recent_checks_are_the_callers_own(service: Engine, assessor: Assessor, settings: Settings) -> None:
    keep(service, assessor, settings)
    first = keep(service, assessor, settings, PLANNER)
    second = keep(service, assessor, settings, PLANNER, area=plan((box(-900, 0, -800, 50), None)))
    with acting_as(Acting(PLANNER, OPEN)), service.connect() as connection:
        recent = recent_checks(connection, PLANNER, OPEN)
        assert recent_checks(connection, ANONYMOUS, OPEN) == ()
        assert recent_checks(connection, OTHER, OPEN) == ()
    assert [(c.id, c.area_m2) for c in recent] == [(second, 5_000.0), (first, 10_000.0)]
    assert recent[1].touched == tuple(
        o.number for o in found(service, first).assessment.objectives if o.flag == "touched"
    )


def test_checks_go_when_their_time_is_over(
    service: Engine, engine: Engine, assessor: Assessor, settings: Settings
) -> None:
    gone, kept = keep(service, assessor, settings), keep(service, assessor, settings)
    with engine.begin() as connection:
        connection.execute(text("UPDATE kept_check SET expires_at = now() WHERE id = :id"), {"id": gone})
        connection.execute(
            text("UPDATE upload SET expires_at = now() FROM kept_check k WHERE upload.id = upload_id AND k.id = :id"),
            {"id": gone},
        )
    with pytest.raises(NotFound):
        found(service, gone)
    with engine.begin() as connection:
        drop_old_checks(connection)
        assert connection.scalars(text("SELECT id FROM kept_check")).all() == [kept]
        assert connection.scalar(text("SELECT count(*) FROM upload")) == 1


def test_what_is_kept_of_unknown_senders_has_a_limit(service: Engine, settings: Settings) -> None:
    sent = PlanSource("plan.gpkg", bytes(60))
    with acting_as(Acting(ANONYMOUS, OPEN)), service.begin() as connection:
        keep_upload(connection, ANONYMOUS, sent, settings)
        with pytest.raises(TooManyRequests):
            keep_upload(connection, ANONYMOUS, sent, settings)
    with acting_as(Acting(PLANNER, OPEN)), service.begin() as connection:
        for _ in range(3):
            keep_upload(connection, PLANNER, sent, settings)


coordinates = st.floats(-1e6, 1e6, allow_subnormal=False)


@given(st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=9), st.sampled_from([None, (), ("B", "C")]))
def test_an_area_and_its_document_are_the_same(
    corners: list[tuple[float, float]], uses: tuple[str, ...] | None
) -> None:
    outline = shapely.Polygon(corners)
    note = RepairNote("self_intersection", "{reason}", {"reason": Marked("it crosses itself")}, (0.1, 0.2), 2.0, 1.0)
    area = PlanArea("<b>Näs</b>", outline, (PlanPart("p1", uses, outline, ("B1",)),), (note,), "EPSG:3011")
    back = area_of_document(area_document(area))
    assert back.geometry.wkb == outline.wkb
    assert (back.parts, back.repairs, back.name, back.source_crs) == (area.parts, area.repairs, area.name, "EPSG:3011")
    assert isinstance(back.repairs[0].params["reason"], Marked)


def test_who_acts_for_nobody_keeps_nothing(service: Engine, settings: Settings) -> None:
    with acting_as(Acting(PLANNER, OPEN)), service.begin() as connection, pytest.raises(Exception, match="row-level"):
        keep_upload(connection, LOCAL, SOURCE, settings)
