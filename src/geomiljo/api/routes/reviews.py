"""What people say beside the results: statements, reports about objects, the decision log of a plan."""

from __future__ import annotations

import uuid
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse

from geomiljo.api.problems import PROBLEM_RESPONSES
from geomiljo.api.review_models import (
    DecisionLogDocument,
    ReportDocument,
    ReportList,
    ReviewsDocument,
    StatementDocument,
)
from geomiljo.api.routes.assessments import Plan, open_assessment
from geomiljo.api.routes.plans import open_plan
from geomiljo.api.security import CurrentCaller, HiddenLayers, require
from geomiljo.api.state import State
from geomiljo.assessments.decision_log import decision_log, log_csv, log_json_lines
from geomiljo.assessments.object_reports import (
    NewReport,
    NewStep,
    ReportStatus,
    add_report,
    add_step,
    get_report,
    list_reports,
)
from geomiljo.assessments.reviews import NewStatement, ObjectId, add_statement, reviews_of
from geomiljo.plans.store import get_plan
from geomiljo.reports.tables import CSV_TYPE

router = APIRouter(prefix="/api/v1", tags=["reviews"], responses=PROBLEM_RESPONSES)
_JSON_LINES = "application/jsonl"


@router.get("/assessments/{assessment_id}/reviews", summary="What has been said", response_model=ReviewsDocument)
def reviews(
    assessment_id: str, state: State, caller: CurrentCaller, hidden: HiddenLayers, plan: Plan = None
) -> Response:
    """Give the statements on the assessment, and earlier ones about findings that stand unchanged in it."""
    with state.engine.connect() as connection:
        stored = open_assessment(connection, caller, hidden, assessment_id, plan)
        return JSONResponse(reviews_of(connection, stored, hidden=hidden).document())


@router.post(
    "/assessments/{assessment_id}/reviews", summary="Say something", status_code=201, response_model=StatementDocument
)
def review(
    assessment_id: str,
    new: NewStatement,
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    plan: Plan = None,
) -> Response:
    """Add a statement on the assessment or one of its findings. Statements are never changed or removed."""
    with state.engine.begin() as connection:
        stored = open_assessment(connection, caller, hidden, assessment_id, plan)
        require(caller, "review.write", get_plan(connection, stored.plan_id))
        return JSONResponse(add_statement(connection, caller, stored, new).document(), 201)


@router.get(
    "/plans/{plan_id}/decision-log",
    summary="The decision log of a plan",
    response_model=DecisionLogDocument,
    responses={200: {"content": {"text/csv": {}, _JSON_LINES: {}}}},
)
def log(
    plan_id: uuid.UUID,
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    f: Annotated[Literal["json", "jsonl", "csv"], Query(description="Form of the answer")] = "json",
) -> Response:
    """Tell what was done to the plan, how it was assessed and what was said, oldest first."""
    with state.engine.connect() as connection:
        open_plan(connection, caller, plan_id)
        entries = decision_log(connection, plan_id, hidden=hidden)
    if f == "json":
        return JSONResponse({"entries": [entry.document() for entry in entries]})
    headers = {"Content-Disposition": f'attachment; filename="{plan_id}-log.{f}"'}
    if f == "csv":
        return Response(log_csv(entries), media_type=CSV_TYPE, headers=headers)
    return Response(log_json_lines(entries), media_type=_JSON_LINES, headers=headers)


@router.get("/object-reports", summary="Reports about objects", response_model=ReportList)
def reports(
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    layer: Annotated[ObjectId | None, Query(description="Only of this layer")] = None,
    status: Annotated[ReportStatus | None, Query(description="Only with this status")] = None,
    limit: Annotated[int, Query(ge=1, le=1_000, description="Most reports")] = 200,
) -> Response:
    """List reports to the owners of the data, newest first."""
    with state.engine.connect() as connection:
        found = list_reports(connection, layer=layer, status=status, hidden=hidden, limit=limit)
    return JSONResponse({"reports": [report.document() for report in found]})


@router.post("/object-reports", summary="Report an object", status_code=201, response_model=ReportDocument)
def report(new: NewReport, state: State, caller: CurrentCaller, hidden: HiddenLayers) -> Response:
    """Tell the owner of the data that an object is wrong."""
    with state.engine.begin() as connection:
        require(caller, "report.write", None if new.plan is None else open_plan(connection, caller, new.plan))
        made = add_report(connection, caller, new, hidden=hidden)
    return JSONResponse(made.document(), 201, {"Location": f"/api/v1/object-reports/{made.id}"})


@router.get("/object-reports/{report_id}", summary="A report", response_model=ReportDocument)
def one_report(report_id: uuid.UUID, state: State, caller: CurrentCaller, hidden: HiddenLayers) -> Response:
    """Give a report with what has been done with it."""
    with state.engine.connect() as connection:
        return JSONResponse(get_report(connection, report_id, hidden=hidden).document())


@router.post(
    "/object-reports/{report_id}/steps",
    summary="Handle a report",
    status_code=201,
    response_model=ReportDocument,
    responses={409: PROBLEM_RESPONSES[422]},
)
def handle(report_id: uuid.UUID, step: NewStep, state: State, caller: CurrentCaller, hidden: HiddenLayers) -> Response:
    """Tell what was done with a report; earlier steps stay."""
    require(caller, "layer.write")
    with state.engine.begin() as connection:
        return JSONResponse(add_step(connection, caller, report_id, step, hidden=hidden).document(), 201)
