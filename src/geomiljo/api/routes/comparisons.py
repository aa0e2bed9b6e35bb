"""Several assessments at once: two compared, many added up."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse

from geomiljo.analysis.differences import Comparison, comparison_json
from geomiljo.analysis.values import Words
from geomiljo.api.problems import PROBLEM_RESPONSES
from geomiljo.api.review_models import LedgerDocument
from geomiljo.api.routes.assessments import Plan, open_assessment
from geomiljo.api.security import CurrentCaller, HiddenLayers, require
from geomiljo.api.state import State
from geomiljo.assessments.compare import compare_assessments
from geomiljo.assessments.ledger import Ledger, LedgerQuery, ledger
from geomiljo.crs import WIRE_CRS, parse_crs
from geomiljo.plans.case import Stage
from geomiljo.plans.visibility import visible
from geomiljo.reports.ledger import ledger_csv, ledger_geojson, ledger_row
from geomiljo.reports.tables import CSV_TYPE

router = APIRouter(prefix="/api/v1", responses=PROBLEM_RESPONSES)


@router.get(
    "/assessments/{assessment_id}/compare",
    summary="What differs in another assessment, and why",
    response_model=Comparison,
    tags=["assessments"],
)
def compare(
    assessment_id: str,
    other: Annotated[
        str, Query(alias="with", max_length=64, pattern="^[0-9a-f]+$", description="Id of the later assessment")
    ],
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    plan: Plan = None,
    other_plan: Annotated[
        uuid.UUID | None, Query(alias="withPlan", description="The later assessment's plan, where plans share the id")
    ] = None,
) -> Response:
    """Compare an assessment with a later one, each difference with its cause: plan, layer, rules, or several."""
    with state.engine.connect() as connection:
        before = open_assessment(connection, caller, hidden, assessment_id, plan)
        after = open_assessment(connection, caller, hidden, other, other_plan or plan)
    found = compare_assessments(state.engine, state.assessor, before, after)
    return Response(comparison_json(found), media_type="application/json")


@router.get(
    "/ledger",
    summary="What plans touch together",
    response_model=LedgerDocument,
    responses={200: {"content": {"text/csv": {}, "application/geo+json": {}}}},
    tags=["ledger"],
)
def cumulative(
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    municipality: Annotated[str | None, Query(pattern="^[0-9]{4}$", description="Code, four digits")] = None,
    county: Annotated[str | None, Query(pattern="^[0-9]{2}$", description="Code, two digits")] = None,
    stage: Annotated[list[Stage] | None, Query(description="Stages that the plans are in; absent: any")] = None,
    since: Annotated[dt.date | None, Query(description="First day on which a plan came to its stage")] = None,
    until: Annotated[dt.date | None, Query(description="Last day on which a plan came to its stage")] = None,
    f: Annotated[Literal["json", "csv", "geojson"], Query(description="Form of the answer")] = "json",
    crs: Annotated[str | None, Query(description="Coordinate system of GeoJSON; CRS84")] = None,
) -> Response:
    """Add up the latest assessments of the plans that are open to you; ground that plans share counts once."""
    require(caller, "ledger.read")
    system = parse_crs(crs) if crs else WIRE_CRS
    asked = LedgerQuery(municipality, county, tuple(stage or ()), since, until, visible(caller), hidden)
    with state.engine.connect() as connection:
        bound = connection.execution_options(isolation_level="REPEATABLE READ")
        with bound.begin():
            found = ledger(bound, state.assessor, asked)
    if f == "csv":
        return Response(ledger_csv(found.rows), media_type=CSV_TYPE)
    if f == "geojson":
        return Response(ledger_geojson(found.rows, system), media_type="application/geo+json")
    return JSONResponse(_document(found))


def _document(found: Ledger) -> dict[str, object]:
    asked = found.query
    return {
        "municipality": asked.municipality,
        "county": asked.county,
        "stages": list(asked.stages),
        "since": asked.since and asked.since.isoformat(),
        "until": asked.until and asked.until.isoformat(),
        "plans": found.plans,
        "notAssessed": found.not_assessed,
        "outdated": found.outdated,
        "layersUnanswered": found.layers_unanswered,
        "rows": [ledger_row(row) for row in found.rows],
        "notes": [_words(note) for note in found.notes],
    }


def _words(words: Words) -> dict[str, str]:
    return {"sv": words.sv, "en": words.en}
