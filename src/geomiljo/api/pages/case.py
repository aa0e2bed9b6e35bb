"""A plan under review as pages: what is said of its findings, saved as one writes, submitted once."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import Form, Query, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection

from geomiljo.access import Caller
from geomiljo.analysis.differences import Comparison
from geomiljo.api.pages.answers import PageFrame, page, page_router
from geomiljo.api.routes.county import county_of, latest_of, today
from geomiljo.api.routes.plans import open_plan
from geomiljo.api.security import CurrentCaller, HiddenLayers, require
from geomiljo.api.state import ServiceState, State
from geomiljo.assessments.compare import compare_assessments
from geomiljo.assessments.drafts import NewDraft, drafts_of, remove_draft, save_draft, submit_drafts
from geomiljo.assessments.freshness import Standing
from geomiljo.assessments.opinion import compose_opinion
from geomiljo.assessments.queue_places import consulted_assessment
from geomiljo.assessments.reviews import ObjectId, Stance, reviews_of
from geomiljo.assessments.store import StoredAssessment, assess_plan, latest_assessment, stored_shapes
from geomiljo.errors import Conflict, GeomiljoError, StaleRevision
from geomiljo.maps.overlays import Surroundings, image_origins
from geomiljo.pages.case import Case, Clash, Shown, case_view
from geomiljo.pages.case_map import SIDES, CaseMap, case_map
from geomiljo.pages.remembered import Remembered
from geomiljo.pages.site import Frame
from geomiljo.plans.case import StoredPlan
from geomiljo.publishing.overlays import surroundings, with_pieces
from geomiljo.reports.opinion import opinion_text, references_line
from geomiljo.texts import explain
from geomiljo.texts import mark as _
from geomiljo.wording import Difference

router = page_router()
_seen = Remembered[tuple[Comparison | None, CaseMap]]()
"""Kept assessments never change."""
Finding = Annotated[ObjectId, Form()]


def open_case(connection: Connection, caller: Caller, plan_id: uuid.UUID) -> StoredPlan:
    """Return a plan of the caller's county.

    Raises
    ------
    NotFound, NotSignedIn, Forbidden
    """
    plan = open_plan(connection, caller, plan_id)
    county_of(caller, None)
    require(caller, "review.write", plan)
    return plan


def _answer(
    frame: Frame,
    state: ServiceState,
    hidden: frozenset[str],
    plan_id: uuid.UUID,
    shown: Shown,
    clash: Clash | None = None,
    fault: GeomiljoError | None = None,
) -> Response:
    """Return the page of a case; `fault` is told above what was written."""
    registers = state.assessor.catalogue
    with state.engine.connect() as connection:
        plan = open_case(connection, frame.caller, plan_id)
        stored = latest_assessment(connection, plan_id, hidden=hidden)
        if stored is None:
            return page(frame, "case_empty.html", section="review", plan=plan)
        consulted = consulted_assessment(connection, plan_id, hidden, today())
        reviews = reviews_of(connection, stored, hidden=hidden)
        drafts = drafts_of(connection, frame.caller, plan_id)
        changes = Standing.now(connection, registers).changes(connection, stored, plan.version)
        around = surroundings(connection, registers, hidden, state.settings.base_maps, frame.language)
    comparison, drawn = _seen.of(
        (plan_id, stored.id, consulted.id if consulted else None, around),
        lambda: _compared(state, stored, consulted, around),
    )
    case = Case(plan, stored, consulted, comparison, reviews, drafts, changes)
    municipality = registers.municipalities.get(plan.municipality)
    return page(
        frame,
        "case.html",
        section="review",
        status=200 if fault is None else fault.status,
        scripts=[drawn.fragments.script],
        images=image_origins(state.settings.base_maps),
        fragments=drawn.fragments,
        sides=SIDES,
        left_out=drawn.left_out,
        municipality=municipality.name if municipality else plan.municipality,
        fault=None if fault is None else explain(fault, frame.language),
        **case_view(case, shown, clash, today(), frame.language),
    )


def _compared(
    state: ServiceState, stored: StoredAssessment, consulted: StoredAssessment | None, around: Surroundings
) -> tuple[Comparison | None, CaseMap]:
    """Compare an assessment with that of the consultation, and draw both: most of the work of the page."""
    with state.engine.connect() as connection:
        shapes = stored_shapes(connection, stored)
        before = None if consulted is None else (consulted, stored_shapes(connection, consulted))
    query, bounds = f"?plan={stored.plan_id}", shapes.plan.geometry.bounds
    drawn = case_map(stored, before, shapes, with_pieces(around, f"/assessments/{stored.id}", query, bounds))
    if consulted is None or consulted.key == stored.key:
        return None, drawn
    return compare_assessments(state.engine, state.assessor, consulted, stored), drawn


@router.get("/review/{plan_id}")
def case(
    plan_id: uuid.UUID,
    frame: PageFrame,
    state: State,
    hidden: HiddenLayers,
    show: Annotated[Difference | Literal["todo", ""], Query()] = "",
    opened: Annotated[str, Query(alias="open", max_length=100)] = "",
    done: Annotated[Literal["saved", "submitted", "removed", "assessed", ""], Query()] = "",
    number: Annotated[int, Query(alias="page", ge=1)] = 1,
) -> Response:
    """Show a plan's findings with what is said of them."""
    return _answer(frame, state, hidden, plan_id, Shown(show or None, opened, done, number))


def _changing(
    frame: Frame,
    state: ServiceState,
    hidden: frozenset[str],
    plan_id: uuid.UUID,
    change: Callable[[Connection, StoredAssessment], object],
) -> None:
    with state.engine.begin() as connection:
        open_case(connection, frame.caller, plan_id)
        change(connection, latest_of(connection, plan_id, hidden))


def _back(plan_id: uuid.UUID, done: str, finding: str = "") -> Response:
    place = f"&open={finding}#{finding}" if finding else ""
    return RedirectResponse(f"/review/{plan_id}?done={done}{place}", 303)


@router.post("/review/{plan_id}/drafts")
def save(
    plan_id: uuid.UUID,
    frame: PageFrame,
    state: State,
    hidden: HiddenLayers,
    finding: Finding,
    stance: Annotated[Stance | Literal[""], Form()] = "",
    text: Annotated[str, Form(max_length=5_000)] = "",
    included: Annotated[bool, Form()] = False,
    revision: Annotated[int | None, Form(ge=0)] = None,
    remove: Annotated[bool, Form()] = False,
) -> Response:
    """Save a draft, or forget it."""
    caller, new = frame.caller, NewDraft(stance=stance or None, text=text.replace("\0", ""), included=included)

    def change(connection: Connection, stored: StoredAssessment) -> None:
        if remove:
            remove_draft(connection, caller, stored, finding)
        else:
            save_draft(connection, caller, stored, finding, new, expected_revision=revision)

    try:
        _changing(frame, state, hidden, plan_id, change)
    except StaleRevision as fault:
        return _answer(frame, state, hidden, plan_id, Shown(open=finding), Clash(finding, new), fault)
    return _back(plan_id, "removed" if remove else "saved", finding)


@router.post("/review/{plan_id}/bulk")
def save_many(
    plan_id: uuid.UUID,
    frame: PageFrame,
    state: State,
    hidden: HiddenLayers,
    stance: Annotated[Stance, Form()],
    finding: Annotated[list[ObjectId] | None, Form(max_length=1_000)] = None,
    text: Annotated[str, Form(max_length=5_000)] = "",
    included: Annotated[bool, Form()] = False,
) -> Response:
    """Save the same draft on several findings."""
    new = NewDraft(stance=stance, text=text.replace("\0", ""), included=included)

    def change(connection: Connection, stored: StoredAssessment) -> None:
        if not finding:
            raise Conflict(_("No finding is chosen."), remedy=_("Tick at least one finding in the list."))
        for one in finding:
            save_draft(connection, frame.caller, stored, one, new)

    try:
        _changing(frame, state, hidden, plan_id, change)
    except Conflict as fault:
        return _answer(frame, state, hidden, plan_id, Shown(), None, fault)
    return _back(plan_id, "saved")


@router.post("/review/{plan_id}/submit")
def submit(plan_id: uuid.UUID, frame: PageFrame, state: State, hidden: HiddenLayers) -> Response:
    """Make the drafts statements, which stay."""
    try:
        _changing(
            frame, state, hidden, plan_id, lambda connection, stored: submit_drafts(connection, frame.caller, stored)
        )
    except Conflict as fault:
        shown = Shown(open=str(fault.params.get("finding", "")).lower())
        return _answer(frame, state, hidden, plan_id, shown, None, fault)
    return _back(plan_id, "submitted")


@router.post("/review/{plan_id}/assess")
def assess(plan_id: uuid.UUID, frame: PageFrame, state: State, hidden: HiddenLayers) -> Response:
    """Assess the plan's current geometry with the data of now."""
    with state.engine.connect() as connection:
        plan = open_case(connection, frame.caller, plan_id)
        require(frame.caller, "assessment.create", plan)
    assess_plan(state.engine, state.assessor, plan.version_id, caller=frame.caller, hidden=hidden)
    return _back(plan_id, "assessed")


@router.get("/review/{plan_id}/statement")
def statement(
    plan_id: uuid.UUID,
    frame: PageFrame,
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    own_drafts: Annotated[bool, Query(alias="drafts")] = True,
) -> Response:
    """Show the county board's answer, to copy or print."""
    with state.engine.connect() as connection:
        plan = open_case(connection, caller, plan_id)
        stored = latest_of(connection, plan_id, hidden)
        reviews = reviews_of(connection, stored, hidden=hidden)
        drafts = drafts_of(connection, caller, plan_id)
    found = compose_opinion(state.assessor.catalogue, plan, stored, reviews, drafts if own_drafts else ())
    return page(
        frame,
        "statement.html",
        section="review",
        plan=plan,
        opinion=found,
        text=opinion_text(found),
        references_line=references_line,
        own_drafts=own_drafts,
        draft_count=sum(draft.stance is not None for draft in drafts),
    )
