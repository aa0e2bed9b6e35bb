"""Pages of kept plans: the list, one plan, and what a planner does with it."""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import Field, ValidationError
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from geomiljo.access import Caller, allows
from geomiljo.api.delivery import source_of
from geomiljo.api.limits import one_of_few_checks
from geomiljo.api.pages.answers import Blank, PageFrame, page, page_router
from geomiljo.api.pages.asked import asked, form_of, request_of
from geomiljo.api.paging import Cursor, cursor_of, next_link, place_of, sort_of
from geomiljo.api.routes.plans import open_plan
from geomiljo.api.security import CurrentCaller, HiddenLayers, require
from geomiljo.api.state import ServiceState, State
from geomiljo.assessments.checking import AreaRequest, read_area
from geomiljo.assessments.checks import get_upload, keep_upload
from geomiljo.assessments.counts import severity_counts
from geomiljo.assessments.decision_log import decision_log
from geomiljo.assessments.freshness import Standing
from geomiljo.assessments.reviews import statements_of_plan
from geomiljo.assessments.store import assess_plan, list_assessments
from geomiljo.catalogue import Catalogue
from geomiljo.catalogue.rules import SEVERITIES, Severity
from geomiljo.errors import InputError, StaleRevision
from geomiljo.pages import plan as view
from geomiljo.pages import plan_words
from geomiljo.pages.site import Frame
from geomiljo.pages.start import known_systems
from geomiljo.plans.case import STAGES, PlanMetadata, PlanState, Stage
from geomiljo.plans.listing import PlanQuery, list_plans
from geomiljo.plans.store import StoredPlan, add_version, list_versions, plan_changes, update_plan
from geomiljo.plans.visibility import visible
from geomiljo.reports.opinion import STANCE
from geomiljo.texts import Language, translate
from geomiljo.texts import mark as _
from geomiljo.wording import SEVERITY

router = page_router()
_ON_A_PAGE = 50
SORTS = {
    "-changedAt": _("last changed"),
    "name": _("name"),
    "designation": _("designation"),
    "answerBy": _("answer by"),
    "-createdAt": _("last kept"),
}


async def _fields(request: Request) -> dict[str, str]:
    """Return the fields of a form without files."""
    form = await request.form()
    return {name: value.strip() for name, value in form.multi_items() if isinstance(value, str)}


Fields = Annotated[dict[str, str], Depends(_fields)]


@router.get("/plans")
def plans(
    request: Request,
    frame: PageFrame,
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    text: Annotated[str, Query(alias="q", max_length=200)] = "",
    municipality: Annotated[str | None, Blank] = None,
    county: Annotated[str | None, Blank] = None,
    stage: Annotated[Stage | None, Blank] = None,
    severity: Annotated[Severity | None, Blank] = None,
    objective: Annotated[Annotated[int, Field(ge=1, le=16)] | None, Blank] = None,
    rule: Annotated[str | None, Blank] = None,
    plan_state: Annotated[PlanState, Query(alias="state")] = "active",
    sort: str = "-changedAt",
    cursor: Cursor = None,
) -> Response:
    """List the plans that the caller may see."""
    catalogue, language = state.assessor.catalogue, frame.language
    key, is_descending = sort_of(sort)
    asked = PlanQuery(
        municipality=(municipality,) if municipality else (),
        county=(county,) if county else (),
        stage=(stage,) if stage else (),
        severity=(severity,) if severity else (),
        objective=objective,
        rule=rule,
        text=text,
        states=(plan_state,),
        sort=key,
        is_descending=is_descending,
        limit=_ON_A_PAGE,
        after=place_of(cursor, sort),
        where=visible(caller),
        hidden=hidden,
    )
    with state.engine.connect() as connection:
        found = list_plans(connection, asked)
    return page(
        frame,
        "plans.html",
        section="plans",
        catalogue=catalogue,
        plan_words=plan_words,
        plans=found.items,
        next_page=next_link(request, cursor_of(sort, found.next) if found.next else None),
        wanted={"q": text, "municipality": municipality, "county": county, "stage": stage, "severity": severity}
        | {"objective": objective, "rule": rule, "sort": sort, "state": plan_state},
        **_choices(catalogue, language),
        own=caller.municipality if caller.role == "planner" else None,
        may_create=allows(caller, "plan.create"),
    )


def _choices(catalogue: Catalogue, language: Language) -> dict[str, Any]:
    """Return what the filters of the list offer."""
    return {
        "stage_options": [(stage, translate(plan_words.STAGE[stage], language)) for stage in STAGES],
        "severity_options": [(code, translate(SEVERITY[code], language)) for code in SEVERITIES],
        "objective_options": [(n, f"{n} {o.name.get(language)}") for n, o in catalogue.objectives.items()],
        "county_options": [(code, county.name) for code, county in sorted(catalogue.counties.items())],
        "municipality_options": sorted(((c, m.name) for c, m in catalogue.municipalities.items()), key=lambda o: o[1]),
        "sort_options": [(key, translate(title, language)) for key, title in SORTS.items()],
    }


@router.get("/plans/{plan_id}")
def plan(
    plan_id: uuid.UUID,
    frame: PageFrame,
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    told: Annotated[Literal["saved", "version"] | None, Query(alias="done")] = None,
) -> Response:
    """Show a plan."""
    kept, shown = _opened(plan_id, frame, state, caller, hidden)
    return _page(frame, state, caller, kept, view.plan_form(kept), shown, told=told)


@router.post("/plans/{plan_id}")
def edit(
    plan_id: uuid.UUID, fields: Fields, frame: PageFrame, state: State, caller: CurrentCaller, hidden: HiddenLayers
) -> Response:
    """Change what is known about a plan; what cannot be saved comes back in the form with the reason."""
    given = {name: fields[name] for name in view.FIELDS if name in fields}
    refused: ValidationError | StaleRevision
    revision = int(fields["revision"]) if fields.get("revision", "").isdigit() else 0
    try:
        with state.engine.begin() as connection:
            kept = open_plan(connection, caller, plan_id)
            require(caller, "plan.write", kept)
            metadata = PlanMetadata.model_validate({**kept.metadata.document(), **view.stated(given)})
            update_plan(connection, caller, plan_id, metadata, expected_revision=revision)
        return RedirectResponse(f"/plans/{plan_id}?done=saved#about", 303)
    except (ValidationError, StaleRevision) as error:
        refused = error
    kept, shown = _opened(plan_id, frame, state, caller, hidden)
    if isinstance(refused, StaleRevision):
        return _page(frame, state, caller, kept, view.conflicting_form(kept, given), shown, status=refused.status)
    form = view.refused_form(kept, revision, given, refused, frame.language)
    return _page(frame, state, caller, kept, form, shown, status=422)


@router.post("/plans/{plan_id}/versions")
async def new_version(
    plan_id: uuid.UUID, request: Request, frame: PageFrame, state: State, caller: CurrentCaller, hidden: HiddenLayers
) -> Response:
    """Keep a new geometry from an uploaded file; what cannot be read comes back with what there is to choose."""
    with state.engine.connect() as connection:
        require(caller, "plan.write", open_plan(connection, caller, plan_id))
    form = await form_of(request, state)
    try:
        return await run_in_threadpool(_new_version, plan_id, form, frame, state, caller, hidden)
    finally:
        await form.close()


def _new_version(
    plan_id: uuid.UUID, form: FormData, frame: Frame, state: ServiceState, caller: Caller, hidden: frozenset[str]
) -> Response:
    wanted = request_of(form, [], [])
    revision = str(form.get("revision", ""))
    try:
        wanted = _kept_request(wanted, form, state, caller)
        with state.engine.begin() as connection:
            require(caller, "plan.write", open_plan(connection, caller, plan_id))
            source = get_upload(connection, wanted.upload)
            area = read_area(source, state.settings, state.assessor, wanted)
            expected = int(revision) if revision.isdigit() else None
            add_version(connection, caller, plan_id, area, source, expected_revision=expected)
        return RedirectResponse(f"/plans/{plan_id}?done=version#versions", 303)
    except (InputError, StaleRevision) as error:
        refused = error
        with state.engine.connect() as connection:
            name = get_upload(connection, wanted.upload).name if wanted.upload else ""
    kept, shown = _opened(plan_id, frame, state, caller, hidden)
    given = view.refused_version(wanted, name, refused, frame.language)
    return _page(frame, state, caller, kept, view.plan_form(kept), shown, given=given, status=refused.status)


def _kept_request(wanted: AreaRequest, form: FormData, state: ServiceState, caller: Caller) -> AreaRequest:
    """Return what is asked for, with the file kept for a day: it is not sent again when something has to be chosen."""
    file = form.get("file")
    source = source_of(file) if isinstance(file, UploadFile) and file.filename else asked(form).source
    if source is None:
        return wanted
    with state.engine.begin() as connection:
        return AreaRequest(keep_upload(connection, caller, source, state.settings), wanted.crs)


@router.post("/plans/{plan_id}/assessments", dependencies=[Depends(one_of_few_checks)])
def assess(plan_id: uuid.UUID, state: State, caller: CurrentCaller, hidden: HiddenLayers) -> Response:
    """Assess the plan as it is now, and go to the result."""
    with state.engine.connect() as connection:
        kept = open_plan(connection, caller, plan_id)
        require(caller, "assessment.create", kept)
    stored = assess_plan(state.engine, state.assessor, kept.version_id, caller=caller, hidden=hidden)
    return RedirectResponse(f"/assessments/{quote(stored.id)}?plan={plan_id}", 303)


def _opened(
    plan_id: uuid.UUID, frame: Frame, state: ServiceState, caller: Caller, hidden: frozenset[str]
) -> tuple[StoredPlan, dict[str, Any]]:
    """Return a plan that the caller may see, and what its page shows of the database besides."""
    with state.engine.connect() as connection:
        kept = open_plan(connection, caller, plan_id)
        return kept, _of_plan(connection, state, frame.language, kept, hidden)


def _of_plan(
    connection: Connection, state: ServiceState, language: Language, kept: StoredPlan, hidden: frozenset[str]
) -> dict[str, Any]:
    """Return what the page shows of the database besides the plan itself."""
    catalogue = state.assessor.catalogue
    found = list_assessments(connection, kept.id, hidden=hidden)
    counts = severity_counts(connection, [stored.key for stored in found])
    standing = Standing.now(connection, catalogue)
    lines = [
        view.assessment_line(
            stored, counts[stored.key], standing.changes(connection, stored, kept.version), catalogue, language
        )
        for stored in found
    ]
    log = decision_log(connection, kept.id, hidden=hidden)
    newest = log[::-1][: view.LOG_ENTRIES_SHOWN]
    return {
        "assessments": lines,
        "versions": list_versions(connection, kept.id)[::-1],
        "steps": view.stage_steps(plan_changes(connection, kept.id)),
        "said": view.said_lines(statements_of_plan(connection, kept.id, hidden=hidden), catalogue, language),
        "log": [(entry, view.log_summary(entry, STANCE, language)) for entry in newest],
        "log_count": len(log),
    }


def _page(
    frame: Frame,
    state: ServiceState,
    caller: Caller,
    kept: StoredPlan,
    form: view.PlanForm,
    shown: dict[str, Any],
    *,
    told: str | None = None,
    given: view.VersionForm = view.NO_VERSION,
    status: int = 200,
) -> Response:
    catalogue, language = state.assessor.catalogue, frame.language
    is_active = kept.state == "active"
    return page(
        frame,
        "plan.html",
        section="plans",
        status=status,
        catalogue=catalogue,
        plan=kept,
        plan_words=plan_words,
        form=form,
        labels=view.FIELDS,
        options={
            "type": [(code, translate(plan_words.TYPE[code], language)) for code in plan_words.TYPE],
            "stage": [(code, translate(plan_words.STAGE[code], language)) for code in STAGES],
        },
        stances=STANCE,
        log_words=view.LOG,
        told=told,
        given=given,
        systems=known_systems(),
        may_edit=is_active and allows(caller, "plan.write", kept),
        may_assess=is_active and allows(caller, "assessment.create", kept),
        may_review=is_active and caller.role in {"reviewer", "admin"} and allows(caller, "review.write", kept),
        **shown,
    )
