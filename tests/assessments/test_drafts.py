"""Drafts: their writer's alone, one window at a time, until they are submitted; and the answer that comes of them."""

from __future__ import annotations

from typing import Any

import pytest
from assessments.conftest import PLANNER, REVIEWER, Case, Load
from factories import box
from pydantic import SecretStr
from sqlalchemy import Engine, text

from geomiljo.access import Caller
from geomiljo.assessments.drafts import Draft, NewDraft, drafts_of, remove_draft, save_draft, submit_drafts
from geomiljo.assessments.opinion import compose_opinion
from geomiljo.assessments.reviews import NewStatement, add_statement, reviews_of
from geomiljo.assessments.store import StoredAssessment
from geomiljo.catalogue import Catalogue
from geomiljo.database.acting import Acting, acting_as
from geomiljo.database.engine import open_engine
from geomiljo.errors import Conflict, NotFound, StaleRevision
from geomiljo.plans.store import get_plan
from geomiljo.reports.opinion import Opinion, opinion_text
from geomiljo.settings import Settings

RESERVES = "naturreservat.overlap"
OTHER = Caller("key:other", "Kollegan", "reviewer", county="01")


@pytest.fixture
def stored(load: Load, case: Case) -> StoredAssessment:
    load("naturreservat", box(50, 0, 150, 100))
    load("ramsar", box(0, 0, 20, 20))
    load("nationalpark", box(0, 0, 10, 10))
    return case.assess()


def finding(stored: StoredAssessment, rule: str = RESERVES) -> str:
    return next(f.id for f in stored.assessment.findings if f.rule == rule)


def save(
    engine: Engine,
    stored: StoredAssessment,
    by: Caller = REVIEWER,
    *,
    about: str | None = None,
    expected: int | None = None,
    **what: Any,
) -> Draft:
    with engine.begin() as connection:
        new = NewDraft(**what)
        return save_draft(connection, by, stored, about or finding(stored), new, expected_revision=expected)


def drafts(engine: Engine, stored: StoredAssessment, by: Caller = REVIEWER) -> tuple[Draft, ...]:
    with engine.connect() as connection:
        return drafts_of(connection, by, stored.plan_id)


def opinion(engine: Engine, catalogue: Catalogue, stored: StoredAssessment, *, with_drafts: bool = False) -> Opinion:
    with engine.connect() as connection:
        plan = get_plan(connection, stored.plan_id)
        own = drafts_of(connection, REVIEWER, plan.id) if with_drafts else ()
        return compose_opinion(catalogue, plan, stored, reviews_of(connection, stored), own)


def test_a_draft_is_its_writers_alone(engine: Engine, stored: StoredAssessment) -> None:
    save(engine, stored, stance="agree", text="Ja")
    save(engine, stored, OTHER, text="Vet inte")
    assert [(d.stance, d.text, d.revision) for d in drafts(engine, stored)] == [("agree", "Ja", 1)]
    assert [(d.stance, d.text) for d in drafts(engine, stored, OTHER)] == [(None, "Vet inte")]
    with engine.connect() as connection:
        assert reviews_of(connection, stored).made == ()


def test_the_database_hands_out_no_draft_of_others(engine: Engine, stored: StoredAssessment, database_url: str) -> None:
    """Even a statement that forgets to ask whose it is sees its own alone."""
    save(engine, stored, text="mitt")
    save(engine, stored, OTHER, text="kollegans")
    service = open_engine(Settings(database_url=SecretStr(database_url)), as_service=True)
    try:
        for caller, seen in ((REVIEWER, ["mitt"]), (OTHER, ["kollegans"]), (PLANNER, [])):
            with acting_as(Acting(caller, frozenset())), service.connect() as connection:
                assert connection.scalars(text("SELECT text FROM statement_draft")).all() == seen
    finally:
        service.dispose()


def test_two_windows_never_overwrite_each_other(engine: Engine, stored: StoredAssessment) -> None:
    save(engine, stored, text="ena", expected=0)
    with pytest.raises(StaleRevision, match="another window"):
        save(engine, stored, text="andra", expected=0)
    assert save(engine, stored, text="båda", expected=1).revision == 2
    with pytest.raises(StaleRevision):
        save(engine, stored, text="gammal", expected=1)
    assert [d.text for d in drafts(engine, stored)] == ["båda"]
    with engine.begin() as connection:
        remove_draft(connection, REVIEWER, stored, finding(stored))
    with pytest.raises(StaleRevision):
        save(engine, stored, text="borttagen", expected=2)
    assert drafts(engine, stored) == ()


def test_submitted_drafts_are_statements_and_no_drafts(engine: Engine, stored: StoredAssessment) -> None:
    wetland = finding(stored, "ramsar.overlap")
    save(engine, stored, stance="dispute", text="Gränsen är ändrad", included=False)
    save(engine, stored, about=wetland, text="inte klar")
    with engine.begin() as connection:
        [made] = submit_drafts(connection, REVIEWER, stored)
    assert (made.stance, made.reason, made.comment, made.included) == ("dispute", "Gränsen är ändrad", None, False)
    assert made.ground == stored.assessment.findings[0].ground
    assert [d.text for d in drafts(engine, stored)] == ["inte klar"]
    with engine.begin() as connection, pytest.raises(Conflict, match="no draft"):
        submit_drafts(connection, REVIEWER, stored)
    save(engine, stored, stance="handled", text="Plankartan, n1")
    save(engine, stored, about=wetland, stance="investigate")
    with engine.begin() as connection:
        [made] = submit_drafts(connection, REVIEWER, stored, [finding(stored)])
    assert made.reference == "Plankartan, n1"
    assert [d.stance for d in drafts(engine, stored)] == ["investigate"]


@pytest.mark.parametrize("stance", ["dispute", "handled"])
def test_what_a_stance_needs_is_asked_for_before_anything_is_submitted(
    engine: Engine, stored: StoredAssessment, stance: str
) -> None:
    save(engine, stored, about=finding(stored, "ramsar.overlap"), stance="agree")
    save(engine, stored, stance=stance, text="  ")
    with engine.begin() as connection, pytest.raises(Conflict, match="needs a text"):
        submit_drafts(connection, REVIEWER, stored)
    assert len(drafts(engine, stored)) == 2


def test_a_draft_stays_with_a_finding_that_changes_and_is_not_submitted_unseen(
    engine: Engine, load: Load, case: Case, stored: StoredAssessment
) -> None:
    save(engine, stored, stance="agree")
    load("naturreservat", box(60, 0, 150, 100))
    later = case.assess()
    [draft] = drafts(engine, later)
    about = next(f for f in later.assessment.findings if f.rule == RESERVES)
    assert draft.document(about)["findingHasChanged"]
    with engine.begin() as connection, pytest.raises(Conflict, match=f"{about.id.upper()} has changed"):
        submit_drafts(connection, REVIEWER, later)
    save(engine, later, stance="agree", expected=1)
    with engine.begin() as connection:
        assert len(submit_drafts(connection, REVIEWER, later)) == 1
    with engine.begin() as connection, pytest.raises(NotFound):
        remove_draft(connection, REVIEWER, later, "f99")


def test_the_answer_is_ground_by_ground_with_references(
    engine: Engine, catalogue: Catalogue, stored: StoredAssessment
) -> None:
    reserve, wetland = finding(stored), finding(stored, "ramsar.overlap")
    with engine.begin() as connection:
        new = NewStatement(finding=reserve, stance="dispute", reason="Gränsen är ändrad", ground="shore")
        add_statement(connection, REVIEWER, stored, new)
        quiet = NewStatement(finding=wetland, stance="agree", included=False)
        add_statement(connection, REVIEWER, stored, quiet)
    found = opinion(engine, catalogue, stored)
    [section] = found.filled
    [point] = section.points
    told = next(f for f in stored.assessment.findings if f.id == reserve)
    assert (section.ground, point.number, point.title) == ("shore", "4.1", told.title.sv)
    assert point.references == tuple(legal.ref for legal in told.legal)
    assert point.references
    written = opinion_text(found)
    for words in (
        "Yttrande över Björkby",
        "Vallentuna",
        f"4.1 {told.title.sv} ({reserve.upper()})",
        "Gränsen är ändrad",
    ):
        assert words in written
    assert f"Hänvisningar: {'; '.join(point.references)}" in written
    assert "grund 1, 2, 3, 5" in written
    assert f"{found.unreviewed} fynd har inte bedömts" in written
    assert found.unreviewed == len(stored.assessment.findings) - 2 > 0


def test_own_drafts_take_the_place_of_what_was_said(
    engine: Engine, catalogue: Catalogue, stored: StoredAssessment
) -> None:
    reserve = finding(stored)
    with engine.begin() as connection:
        add_statement(connection, REVIEWER, stored, NewStatement(finding=reserve, stance="agree", comment="Förr"))
        add_statement(connection, PLANNER, stored, NewStatement(finding=reserve, stance="agree", comment="Kommunen"))
    save(engine, stored, stance="investigate", text="Nu")
    answers = [opinion(engine, catalogue, stored, with_drafts=with_drafts) for with_drafts in (False, True)]
    points = [point for answer in answers for section in answer.filled for point in section.points]
    assert [(p.stance, p.text, p.is_draft) for p in points] == [("agree", "Förr", False), ("investigate", "Nu", True)]
    save(engine, stored, stance="investigate", included=False)
    assert opinion(engine, catalogue, stored, with_drafts=True).filled == ()
