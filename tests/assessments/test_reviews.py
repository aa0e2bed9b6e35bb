"""Statements: what they must say, that they are only added to, and where they are seen again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from assessments.conftest import PLAN, PLANNER, REVIEWER, Case, Load
from factories import box, whole
from pydantic import ValidationError
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from geomiljo.access import Caller
from geomiljo.assessments.reviews import NewStatement, Reviews, Statement, add_statement, reviews_of
from geomiljo.assessments.store import StoredAssessment
from geomiljo.errors import NotFound

RESERVES = "naturreservat.overlap"
DISPUTE: dict[str, Any] = {"stance": "dispute", "reason": "Gränsen är ändrad"}


def finding_of(stored: StoredAssessment, rule: str = RESERVES) -> str:
    return next(f.id for f in stored.assessment.findings if f.rule == rule)


def say(engine: Engine, stored: StoredAssessment, caller: Caller = REVIEWER, **what: Any) -> Statement:
    with engine.begin() as connection:
        return add_statement(connection, caller, stored, NewStatement(**what))


def reviews(engine: Engine, stored: StoredAssessment, hidden: frozenset[str] = frozenset()) -> Reviews:
    with engine.connect() as connection:
        return reviews_of(connection, stored, hidden=hidden)


@pytest.mark.parametrize(
    ("what", "missing"),
    [
        ({"stance": "dispute"}, "a dispute has a reason"),
        ({"stance": "dispute", "reason": "   "}, "at least 1 character"),
        ({"stance": "handled", "comment": "på plankartan"}, "handled names where"),
        ({"stance": "agree", "object": "1"}, "name the finding"),
        ({"stance": "perhaps"}, "'agree', 'dispute', 'handled' or 'investigate'"),
        ({"stance": "agree", "ground": "taste"}, "'national_interest'"),
    ],
)
def test_what_a_statement_must_say(what: dict[str, Any], missing: str) -> None:
    with pytest.raises(ValidationError, match=missing):
        NewStatement(**what)


def test_a_statement_is_kept_with_who_said_it(engine: Engine, load: Load, case: Case) -> None:
    load("naturreservat", box(50, 0, 150, 100))
    stored = case.assess()
    made = say(engine, stored, finding=finding_of(stored), ground="intermunicipal", **DISPUTE)
    assert (made.by_id, made.by_name, made.by_role) == ("key:reviewer", "Länsstyrelsen", "reviewer")
    assert (made.rule, made.layer, made.ground) == (RESERVES, "naturreservat", "intermunicipal")
    found = reviews(engine, stored)
    assert found.made == (made,)
    assert found.disputed == {finding_of(stored)}
    assert found.document()["statements"][0]["reason"] == "Gränsen är ändrad"
    assert stored == case.assess()


def test_what_is_not_there_cannot_be_reviewed(engine: Engine, load: Load, case: Case) -> None:
    load("naturreservat", box(50, 0, 150, 100))
    stored = case.assess()
    with pytest.raises(NotFound, match="no finding f99"):
        say(engine, stored, finding="f99", stance="agree")
    with pytest.raises(NotFound, match="no object 7"):
        say(engine, stored, finding=finding_of(stored), object="7", stance="agree")


@pytest.mark.parametrize("change", ["UPDATE review_statement SET comment = 'x'", "DELETE FROM review_statement"])
def test_statements_are_only_added(engine: Engine, connection: Connection, load: Load, case: Case, change: str) -> None:
    load("naturreservat", PLAN)
    say(engine, case.assess(), stance="investigate")
    with pytest.raises(DBAPIError, match="never changed"):
        connection.execute(text(change))


def test_an_unchanged_finding_keeps_its_statements_as_earlier_ones(engine: Engine, load: Load, case: Case) -> None:
    load("naturreservat", box(50, 0, 150, 100))
    first = case.assess()
    made = say(engine, first, finding=finding_of(first), **DISPUTE)
    say(engine, first, stance="agree", comment="om helheten")
    load("nationalpark", box(0, 0, 10, 10))
    second = case.assess()
    found = reviews(engine, second)
    assert found.made == ()
    assert found.earlier == ((finding_of(second), made),)
    assert finding_of(second) != finding_of(first)  # another number, the same finding
    assert found.disputed == {finding_of(second)}
    assert reviews(engine, first).earlier == ()


def test_a_changed_finding_does_not(engine: Engine, load: Load, case: Case) -> None:
    load("naturreservat", box(50, 0, 150, 100), box(0, 0, 20, 20))
    first = case.assess()
    of_all = say(engine, first, finding=finding_of(first), **DISPUTE)
    of_one = say(engine, first, finding=finding_of(first), object="1", **DISPUTE)
    load("naturreservat", box(60, 0, 150, 100), box(0, 0, 20, 20))
    second = case.assess()
    assert reviews(engine, second).earlier == ((finding_of(second), of_one),)
    load("naturreservat", box(50, 0, 150, 100), box(0, 0, 20, 20), box(0, 90, 10, 100))
    third = case.assess()
    assert [statement.id for _, statement in reviews(engine, third).earlier] == [of_one.id]
    assert of_all.object_id is None
    assert reviews(engine, case.assess(whole(box(0, 0, 120, 100)))).earlier == ()  # another share of the plan


def test_the_last_word_of_each_decides_whether_it_is_disputed(engine: Engine, load: Load, case: Case) -> None:
    load("naturreservat", box(50, 0, 150, 100))
    stored = case.assess()
    about = finding_of(stored)
    say(engine, stored, finding=about, **DISPUTE)
    say(engine, stored, PLANNER, finding=about, stance="agree")
    assert reviews(engine, stored).disputed == {about}
    say(engine, stored, finding=about, stance="agree")
    assert reviews(engine, stored).disputed == frozenset()
    assert len(reviews(engine, stored).made) == 3


def test_a_dispute_is_seen_by_those_who_see_fewer_layers(engine: Engine, load: Load, case: Case) -> None:
    load("naturreservat", box(50, 0, 150, 100))
    load("nationalpark", box(0, 0, 30, 30))
    hidden = frozenset({"nationalpark"})
    fewer, full = case.assess(hidden=hidden), case.assess()
    open_one = say(engine, full, finding=finding_of(full), **DISPUTE)
    say(engine, full, finding=finding_of(full, "nationalpark.overlap"), **DISPUTE)
    say(engine, full, stance="agree", comment="om allt")
    found = reviews(engine, fewer, hidden)
    assert found.earlier == ((finding_of(fewer), open_one),)
    assert found.made == ()


def test_part_and_condition_are_of_the_finding(engine: Engine, load: Load, case: Case) -> None:
    load("naturreservat", box(50, 0, 150, 100))
    stored = case.assess()
    made = say(engine, stored, finding=finding_of(stored), stance="handled", reference="Plankartan, n1")
    ((key, state),) = made.states.items()
    assert key == (RESERVES, "0", False)
    assert state.area_m2 == pytest.approx(5_000)
    assert replace(state, finding="f9") != state
