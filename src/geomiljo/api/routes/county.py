"""The county board's work: queue, drafts, the answer as text, sums over plans."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy import Connection

from geomiljo.access import Caller
from geomiljo.api.county_models import (
    DraftDocument,
    DraftList,
    MatrixDocument,
    MonthsDocument,
    OpinionDocument,
    QueueDocument,
    SubmittedDocument,
)
from geomiljo.api.paging import Cursor, Limit, cursor_of, next_link, place_of
from geomiljo.api.problems import PROBLEM_RESPONSES
from geomiljo.api.routes.plans import open_plan
from geomiljo.api.security import CurrentCaller, HiddenLayers, require
from geomiljo.api.state import State
from geomiljo.assessments.drafts import DraftChange, drafts_of, remove_draft, save_draft, submit_drafts
from geomiljo.assessments.ledger import LedgerQuery
from geomiljo.assessments.ledger_series import ledger_over_time
from geomiljo.assessments.matrix import MatrixQuery, objective_matrix
from geomiljo.assessments.opinion import compose_opinion
from geomiljo.assessments.overlap import Interest, OverlapQuery, overlap_count
from geomiljo.assessments.queue import TO_ANSWER, QueueQuery, QueueSort, list_queue, queue_totals
from geomiljo.assessments.reviews import ObjectId, finding_of, reviews_of
from geomiljo.assessments.store import StoredAssessment, latest_assessment
from geomiljo.catalogue.rules import Ground, Severity
from geomiljo.errors import Forbidden, NotFound
from geomiljo.plans.case import Stage
from geomiljo.plans.visibility import visible
from geomiljo.reports.ledger import months_document
from geomiljo.reports.opinion import opinion_text
from geomiljo.reports.overlap import overlap_geojson
from geomiljo.texts import mark as _
from geomiljo.wording import SWEDISH_TIME

router = APIRouter(
    prefix="/api/v1",
    tags=["county"],
    responses=PROBLEM_RESPONSES | {409: PROBLEM_RESPONSES[422], 412: PROBLEM_RESPONSES[422]},
)
County = Annotated[
    str | None, Query(pattern="^[0-9]{2}$", description="Code, two digits; absent: one's own, for admin the country")
]
Municipality = Annotated[str | None, Query(pattern="^[0-9]{4}$", description="Code, four digits")]
Stages = Annotated[list[Stage] | None, Query(alias="stage", description="Stages from consultation on")]


def county_of(caller: Caller, asked: str | None = None) -> str | None:
    """Return the county whose work the caller sees: a reviewer's own, any for an administrator; None: the country.

    Raises
    ------
    NotSignedIn, Forbidden
        The caller is of no county board, or of another county's.
    """
    require(caller, "queue.read")
    if caller.role == "admin":
        return asked
    if asked not in (None, caller.county):
        raise Forbidden(
            _("The county {asked} is another than your own, {own}."),
            remedy=_("Leave it out, or ask the administrator of the installation."),
            asked=asked,
            own=caller.county or "-",
        )
    return caller.county or ""


def today() -> dt.date:
    """Return the day that it is in Sweden."""
    return dt.datetime.now(SWEDISH_TIME).date()


def open_latest(connection: Connection, caller: Caller, hidden: frozenset[str], plan_id: uuid.UUID) -> StoredAssessment:
    """Return the latest assessment of a plan that the caller may read.

    Raises
    ------
    NotFound
        There is no such plan for the caller, or it has no assessment.
    """
    open_plan(connection, caller, plan_id)
    return latest_of(connection, plan_id, hidden)


def latest_of(connection: Connection, plan_id: uuid.UUID, hidden: frozenset[str]) -> StoredAssessment:
    """Return the latest assessment of a plan made without `hidden` layers.

    Raises
    ------
    NotFound
        It has none.
    """
    stored = latest_assessment(connection, plan_id, hidden=hidden)
    if stored is None:
        raise NotFound(_("The plan has no assessment yet."), remedy=_("Let it be assessed first."))
    return stored


@router.get("/queue", summary="Plans to answer", response_model=QueueDocument)
def queue(
    request: Request,
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    county: County = None,
    municipality: Annotated[list[str] | None, Query(description="Codes of municipalities")] = None,
    stage: Stages = None,
    severity: Annotated[list[Severity] | None, Query(description="Worst severity of an objective")] = None,
    ground: Annotated[list[Ground] | None, Query(description="A finding stands on one of these")] = None,
    objective: Annotated[int | None, Query(ge=1, le=16, description="Objective that is touched")] = None,
    within_days: Annotated[
        int | None, Query(alias="withinDays", ge=0, le=3_650, description="The answer is due within so many days")
    ] = None,
    unreviewed: Annotated[bool, Query(description="Only with findings that no county board has spoken of")] = False,
    stale: Annotated[bool, Query(description="Only those whose assessment no longer answers")] = False,
    changed: Annotated[bool, Query(description="Only those that differ from the consultation")] = False,
    unclear: Annotated[bool, Query(description="Only those with objectives that cannot be decided")] = False,
    answered: Annotated[bool, Query(description="Only those that the municipality has spoken of")] = False,
    q: Annotated[str, Query(max_length=200, description="Part of name, designation or case number")] = "",
    sort: Annotated[
        Literal["deadline", "-deadline", "severity", "-severity", "name", "-name", "changed", "-changed"],
        Query(description="- before: descending"),
    ] = "deadline",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the plans of the county, each with what its latest assessment found and what is still unsaid."""
    key: QueueSort = sort.removeprefix("-")  # type: ignore[assignment]
    asked = QueueQuery(
        today(),
        county=county_of(caller, county),
        hidden=hidden,
        stages=tuple(stage or TO_ANSWER),
        municipality=tuple(municipality or ()),
        severity=tuple(severity or ()),
        grounds=tuple(ground or ()),
        objective=objective,
        within_days=within_days,
        unreviewed=unreviewed,
        stale=stale,
        changed=changed,
        unclear=unclear,
        answered=answered,
        words=q,
        sort=key,
        is_descending=sort.startswith("-"),
        limit=limit,
        after=place_of(cursor, sort),
    )
    registers = state.assessor.catalogue
    with state.engine.connect() as connection:
        page = list_queue(connection, registers, asked)
        totals = queue_totals(connection, asked)
    link = next_link(request, cursor_of(sort, page.next) if page.next else None)
    return JSONResponse({"plans": [item.document() for item in page.items], "totals": totals.document(), "next": link})


@router.get("/plans/{plan_id}/drafts", summary="One's own drafts", response_model=DraftList)
def drafts(plan_id: uuid.UUID, state: State, caller: CurrentCaller, hidden: HiddenLayers) -> Response:
    """List what one has written on findings of the latest assessment and not submitted."""
    with state.engine.connect() as connection:
        stored = open_latest(connection, caller, hidden, plan_id)
        written = drafts_of(connection, caller, plan_id)
    found = [
        draft.document(finding)
        for finding in stored.assessment.findings
        for draft in written
        if draft.is_about(finding)
    ]
    return JSONResponse({"drafts": found})


@router.put("/plans/{plan_id}/drafts/{finding_id}", summary="Write on a finding", response_model=DraftDocument)
def write_draft(
    plan_id: uuid.UUID,
    finding_id: ObjectId,
    change: DraftChange,
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
) -> Response:
    """Keep a draft on a finding of the latest assessment, for oneself alone, until it is submitted."""
    with state.engine.begin() as connection:
        require(caller, "review.write", open_plan(connection, caller, plan_id))
        stored = open_latest(connection, caller, hidden, plan_id)
        draft = save_draft(connection, caller, stored, finding_id, change.draft, expected_revision=change.revision)
        return JSONResponse(draft.document(finding_of(stored.assessment, finding_id)))


@router.delete("/plans/{plan_id}/drafts/{finding_id}", summary="Forget a draft", status_code=204)
def forget_draft(
    plan_id: uuid.UUID, finding_id: ObjectId, state: State, caller: CurrentCaller, hidden: HiddenLayers
) -> Response:
    """Forget what one was writing on a finding."""
    with state.engine.begin() as connection:
        require(caller, "review.write", open_plan(connection, caller, plan_id))
        remove_draft(connection, caller, open_latest(connection, caller, hidden, plan_id), finding_id)
    return Response(status_code=204)


@router.post("/plans/{plan_id}/statements", summary="Submit drafts", status_code=201, response_model=SubmittedDocument)
def submit(
    plan_id: uuid.UUID,
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    findings: Annotated[
        list[ObjectId] | None, Body(embed=True, max_length=1_000, description="Findings; absent: all with a stance")
    ] = None,
) -> Response:
    """Make one's drafts statements, which are never changed or removed."""
    with state.engine.begin() as connection:
        require(caller, "review.write", open_plan(connection, caller, plan_id))
        stored = open_latest(connection, caller, hidden, plan_id)
        made = submit_drafts(connection, caller, stored, findings)
    return JSONResponse({"statements": [statement.document() for statement in made]}, 201)


@router.get(
    "/plans/{plan_id}/opinion",
    summary="The county board's answer",
    response_model=OpinionDocument,
    responses={200: {"content": {"text/plain": {}}}},
)
def opinion(
    plan_id: uuid.UUID,
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    own_drafts: Annotated[bool, Query(alias="drafts", description="Take in one's own drafts")] = False,
    f: Annotated[Literal["json", "text"], Query(description="Form of the answer")] = "json",
) -> Response:
    """Give what the county board has said of the findings as one text, ground by ground, with references."""
    with state.engine.connect() as connection:
        plan = open_plan(connection, caller, plan_id)
        stored = open_latest(connection, caller, hidden, plan_id)
        reviews = reviews_of(connection, stored, hidden=hidden)
        written = drafts_of(connection, caller, plan_id) if own_drafts else ()
    found = compose_opinion(state.assessor.catalogue, plan, stored, reviews, written)
    if f == "text":
        return Response(opinion_text(found), media_type="text/plain; charset=utf-8")
    return JSONResponse(found.document())


@router.get("/matrix", summary="Objectives by municipality", response_model=MatrixDocument)
def matrix(
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    county: County = None,
    municipality: Municipality = None,
    stage: Stages = None,
    area: Annotated[bool, Query(description="Tell hectares too, each counted once")] = False,
) -> Response:
    """Count the plans of the county by municipality, objective and worst severity, and those that cannot tell."""
    asked = MatrixQuery(county_of(caller, county), municipality, tuple(stage or ()), hidden, area)
    with state.engine.connect() as connection:
        cells = objective_matrix(connection, asked)
    return JSONResponse({"cells": [cell.document() for cell in cells]})


@router.get(
    "/overlap",
    summary="How many interests cover each spot",
    response_class=Response,
    responses={200: {"content": {"application/geo+json": {}}}},
)
def overlap(
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    county: County = None,
    municipality: Municipality = None,
    stage: Stages = None,
    plan: Annotated[list[uuid.UUID] | None, Query(max_length=200, description="Only these plans")] = None,
    interest: Annotated[Interest, Query(description="What counts: a layer once, or each of its objects")] = "layer",
) -> Response:
    """Give the ground of the plans' findings as GeoJSON, a feature for each number of interests on it."""
    asked = OverlapQuery(
        county_of(caller, county), municipality, tuple(plan or ()), tuple(stage or ()), hidden, interest
    )
    with state.engine.connect() as connection:
        areas = overlap_count(connection, asked)
    return Response(overlap_geojson(areas), media_type="application/geo+json")


@router.get("/ledger/months", summary="The ledger, month by month", response_model=MonthsDocument)
def months(
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    county: County = None,
    municipality: Municipality = None,
    stage: Stages = None,
) -> Response:
    """Tell how the ground that plans touch has grown, by the month in which they came to their stage."""
    asked = LedgerQuery(
        municipality, county_of(caller, county), tuple(stage or ()), where=visible(caller), hidden=hidden
    )
    with state.engine.connect() as connection:
        bound = connection.execution_options(isolation_level="REPEATABLE READ")
        with bound.begin():
            found = ledger_over_time(bound, asked, today())
    return JSONResponse({"months": months_document(found)})
