"""Reports about objects and their steps; the decision log of a plan."""

from __future__ import annotations

import csv
import io
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest
from assessments.conftest import PLANNER, REVIEWER, Case, Load
from factories import box, whole
from sqlalchemy import Engine, delete
from sqlalchemy.exc import DBAPIError

from geomiljo.access import LOCAL
from geomiljo.assessments.decision_log import LOG_COLUMNS, LogEntry, decision_log, log_csv, log_json_lines
from geomiljo.assessments.object_reports import (
    STEPS,
    NewReport,
    NewStep,
    Report,
    ReportStatus,
    add_report,
    add_step,
    get_report,
    list_reports,
)
from geomiljo.assessments.reviews import NewStatement, add_statement
from geomiljo.database.review_tables import ObjectReport, ObjectReportEvent, RegisterVersion
from geomiljo.database.tables import Base
from geomiljo.errors import Conflict, NotFound


def report(engine: Engine, **what: Any) -> Report:
    with engine.begin() as connection:
        return add_report(
            connection, PLANNER, NewReport(**{"layer": "naturreservat", "object": "0", "reason": "=fel gräns", **what})
        )


def step(engine: Engine, made: Report, status: ReportStatus) -> Report:
    with engine.begin() as connection:
        return add_step(connection, LOCAL, made.id, NewStep(status=status, comment="ärende 12"))


@pytest.fixture
def version(load: Load) -> str:
    return load("naturreservat", box(50, 0, 150, 100))


def test_a_report_is_a_task_with_a_status(engine: Engine, version: str) -> None:
    made = report(engine)
    assert (made.status, made.version, made.by_name) == ("open", version, "Planenheten")
    later = step(engine, step(engine, made, "forwarded"), "corrected")
    assert [(s.number, s.status) for s in later.steps] == [(1, "open"), (2, "forwarded"), (3, "corrected")]
    with engine.connect() as connection:
        assert list_reports(connection, status="corrected") == (later,)
        assert list_reports(connection, status="open") == ()
        assert list_reports(connection, layer="ramsar") == ()
        assert get_report(connection, made.id) == later
    assert later.document()["status"] == "corrected"


_PATHS: dict[ReportStatus, list[ReportStatus]] = {
    "open": [],
    "forwarded": ["forwarded"],
    "corrected": ["corrected"],
    "rejected": ["rejected"],
}


@pytest.mark.parametrize("was", STEPS)
@pytest.mark.parametrize("wanted", STEPS)
def test_every_step_is_allowed_or_refused(
    engine: Engine, version: str, was: ReportStatus, wanted: ReportStatus
) -> None:
    made = report(engine)
    for status in _PATHS[was]:
        made = step(engine, made, status)
    if wanted in STEPS[was]:
        assert step(engine, made, wanted).status == wanted
    else:
        with pytest.raises(Conflict, match=f"is {was}; it cannot become {wanted}"):
            step(engine, made, wanted)


def test_two_who_close_a_report_at_once_do_not_both_get_through(engine: Engine, version: str) -> None:
    made = report(engine)

    def close(_n: int) -> str:
        try:
            return step(engine, made, "rejected").status
        except Conflict:
            return "refused"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(close, range(4))) == ["refused", "refused", "refused", "rejected"]


def test_what_cannot_be_reported(engine: Engine, version: str) -> None:
    with pytest.raises(NotFound, match="no object 9"):
        report(engine, object="9")
    with pytest.raises(NotFound, match="no object 0"):
        report(engine, version="000000000000")
    new = NewReport(layer="naturreservat", object="0", reason="x")
    with engine.begin() as connection, pytest.raises(NotFound, match="no object"):
        add_report(connection, PLANNER, new, hidden=frozenset({"naturreservat"}))
    made = report(engine)
    with engine.connect() as connection:
        assert list_reports(connection, hidden=frozenset({"naturreservat"})) == ()
        with pytest.raises(NotFound):
            get_report(connection, made.id, hidden=frozenset({"naturreservat"}))
        with pytest.raises(NotFound):
            get_report(connection, uuid.uuid4())


@pytest.mark.parametrize("model", [ObjectReport, ObjectReportEvent, RegisterVersion])
def test_what_was_reported_is_never_changed(engine: Engine, version: str, case: Case, model: type[Base]) -> None:
    case.assess()
    report(engine)
    with engine.connect() as connection, pytest.raises(DBAPIError, match="never changed"):
        connection.execute(delete(model))


@pytest.fixture
def log(engine: Engine, version: str, case: Case) -> tuple[LogEntry, ...]:
    """A plan that was assessed, disputed, given a new geometry, assessed again, and an object reported."""
    first = case.assess()
    with engine.begin() as connection:
        finding = first.assessment.findings[0].id
        new = NewStatement(finding=finding, stance="dispute", reason="Gammal gräns")
        add_statement(connection, REVIEWER, first, new)
    case.assess(whole(box(0, 0, 90, 100)))
    made = report(engine, plan=case.id)
    step(engine, made, "forwarded")
    with engine.connect() as connection:
        return decision_log(connection, case.id)


def test_the_log_tells_everything_in_order(log: tuple[LogEntry, ...]) -> None:
    kinds = [entry.kind for entry in log]
    assert sorted(kinds) == [
        "assessment", "assessment", "object_report", "object_report_step", "plan_created", "plan_new_version",
        "statement",
    ]  # fmt: skip
    assert kinds[0] == "plan_created"
    seconds = [entry.at.replace(microsecond=0) for entry in log]
    assert seconds == sorted(seconds)
    statement = next(entry for entry in log if entry.kind == "statement")
    assert (statement.by_name, statement.summary, statement.details["reason"]) == (
        "Länsstyrelsen", "dispute", "Gammal gräns",
    )  # fmt: skip


def test_the_log_as_json_lines_and_csv_says_the_same(log: tuple[LogEntry, ...]) -> None:
    lines = [orjson.loads(line) for line in log_json_lines(log).splitlines()]
    rows = list(csv.DictReader(io.StringIO(log_csv(log).decode("utf-8-sig"))))
    assert [line["kind"] for line in lines] == [row["kind"] for row in rows] == [entry.kind for entry in log]
    assert tuple(rows[0]) == LOG_COLUMNS
    for line, row in zip(lines, rows, strict=True):
        assert orjson.loads(row["details"]) == line["details"]
        assert row["assessment"] == (line["assessment"] or "")


def test_the_log_hides_what_the_reader_may_not_see(engine: Engine, log: tuple[LogEntry, ...], case: Case) -> None:
    with engine.connect() as connection:
        seen = decision_log(connection, case.id, hidden=frozenset({"naturreservat"}))
    assert {entry.kind for entry in seen} == {"plan_created", "plan_new_version"}
