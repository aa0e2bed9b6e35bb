"""Results on a page: kept checks and kept assessments in one form; exported, checked again, kept as plans."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from geomiljo.access import allows
from geomiljo.analysis.results import Assessment
from geomiljo.analysis.shapes import Shapes
from geomiljo.api.limits import one_of_few_checks
from geomiljo.api.pages.answers import PageFrame, page, page_router
from geomiljo.api.pages.waiting import check_job, waiting_page
from geomiljo.api.routes.assessments import open_assessment
from geomiljo.api.routes.plans import read_metadata
from geomiljo.api.security import CurrentCaller, HiddenLayers, require
from geomiljo.api.state import Lang, ServiceState, State
from geomiljo.assessments.checking import check_again, keep_as_plan, layers_changed
from geomiljo.assessments.checks import KeptCheck, get_check, shapes_of_check
from geomiljo.assessments.freshness import Standing
from geomiljo.assessments.reviews import reviews_of
from geomiljo.assessments.store import stored_shapes
from geomiljo.errors import NotFound
from geomiljo.maps.overlays import Surroundings, image_origins
from geomiljo.pages.keeping import Keeping, keeping_of
from geomiljo.pages.maps import ResultMap, ResultMaps
from geomiljo.pages.notices import Notice, result_notices
from geomiljo.pages.result import Group, Shown, Tab, Wanted, result_content
from geomiljo.pages.site import Frame, Section
from geomiljo.plans.case import require_known_municipality
from geomiljo.plans.store import get_plan
from geomiljo.publishing.overlays import surroundings, with_pieces
from geomiljo.reports.export import ExportForm, exported
from geomiljo.texts import mark as _
from geomiljo.texts import translate

router = page_router()
_maps = ResultMaps()
SWAP = "X-Swap"
"""Header of a page that asks for a part of itself; see `swap.js`."""
Plan = Annotated[uuid.UUID | None, Query()]
Chosen = Annotated[list[str] | None, Query(alias="finding")]


def wanted_view(
    tab: Annotated[Tab, Query()] = "objectives",
    group: Annotated[Group, Query()] = "",
    objective: Annotated[Literal[""] | int, Query()] = "",
    severity: Annotated[str, Query()] = "",
    ground: Annotated[str, Query()] = "",
    q: Annotated[str, Query(max_length=200)] = "",
    finding: Annotated[str, Query()] = "",
    number: Annotated[int, Query(alias="page", ge=1)] = 1,
    select: Annotated[str, Query()] = "",
) -> Wanted:
    """Return what of a result the address asks for."""
    chosen = tuple(dict.fromkeys(part for part in select.split(",") if part))
    asked = objective if isinstance(objective, int) else None
    return Wanted(tab, group, asked, severity, ground, q.strip(), finding, number, chosen)


View = Annotated[Wanted, Depends(wanted_view)]


@dataclass(frozen=True)
class _Subject:
    """A result with what is told around it.

    Attributes
    ----------
    again : str
        Where one asks for a new check of the same area; empty: the reader may not.
    """

    shown: Shown
    shapes: Callable[[ServiceState], Shapes]
    section: Section
    crumb: tuple[str, str]
    notices: list[Notice] = field(default_factory=list)
    keeping: Keeping | None = None
    again: str = ""


@router.get("/checks/{check_id}")
def of_check(
    check_id: str,
    request: Request,
    frame: PageFrame,
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    wanted: View,
) -> Response:
    """Show a kept check, or how far it has come where it is being made."""
    try:
        with state.engine.connect() as connection:
            check = get_check(connection, check_id, hidden)
            changed = layers_changed(connection, check, state.assessor.catalogue)
    except NotFound as gone:
        job = check_job(state, check_id)
        if job is None or job.state == "succeeded":
            raise gone from None
        return waiting_page(frame, job)
    shown = _shown_check(check)
    notices = result_notices(check.assessment, len(changed), f"{shown.address}/again", frame.language)
    keeping = keeping_of(
        check, state.assessor.catalogue, caller, may=allows(caller, "plan.create"), language=frame.language
    )
    crumb = ("/", translate(_("Check a plan"), frame.language))

    def shapes(state: ServiceState) -> Shapes:
        with state.engine.connect() as connection:
            return shapes_of_check(connection, check)

    subject = _Subject(shown, shapes, "check", crumb, notices, keeping, again=f"{shown.address}/again")
    return _result(request, frame, state, hidden, subject, wanted)


@router.get("/assessments/{assessment_id}")
def of_assessment(
    assessment_id: str,
    request: Request,
    frame: PageFrame,
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    wanted: View,
    plan: Plan = None,
) -> Response:
    """Show a kept assessment of a plan."""
    with state.engine.connect() as connection:
        stored = open_assessment(connection, caller, hidden, assessment_id, plan)
        kept = get_plan(connection, stored.plan_id)
        changes = Standing.now(connection, state.assessor.catalogue).changes(connection, stored, kept.version)
        disputed = reviews_of(connection, stored, hidden=hidden).disputed
    query = {"plan": str(stored.plan_id)}
    shown = Shown(stored.assessment, f"/assessments/{stored.id}", query, kept.stage, disputed)
    changed = sum(change.what == "layer" and change.matters for change in changes)
    notices = result_notices(stored.assessment, changed, "", frame.language)
    crumb = (f"/plans/{stored.plan_id}", kept.metadata.name)

    def shapes(state: ServiceState) -> Shapes:
        with state.engine.connect() as connection:
            return stored_shapes(connection, stored)

    may_assess = allows(caller, "assessment.create", kept.metadata)
    again = f"/plans/{stored.plan_id}/assessments" if may_assess else ""
    subject = _Subject(shown, shapes, "plans", crumb, notices, again=again)
    return _result(request, frame, state, hidden, subject, wanted)


def _shown_check(check: KeptCheck) -> Shown:
    return Shown(check.assessment, f"/checks/{check.id}", stage=check.stage)


def _result(
    request: Request, frame: Frame, state: ServiceState, hidden: frozenset[str], subject: _Subject, wanted: Wanted
) -> Response:
    """Return the page; where a part of it is to be swapped, without the map, which stays as it is."""
    catalogue = state.assessor.catalogue
    content: dict[str, Any] = {"fragments": None, "around": None, "sheet": None, "together": {}}
    scripts: list[str] = []
    is_part = SWAP in request.headers
    if not is_part or wanted.finding:
        around, made = _map_of(frame, state, hidden, subject)
        content["together"] = made.together
        if not is_part:
            content |= {"fragments": made.fragments, "around": around, "sheet": made.sheet}
            scripts = [made.fragments.script]
    answer = page(
        frame,
        "result.html",
        section=subject.section,
        scripts=scripts,
        images=image_origins(state.settings.base_maps),
        crumb=subject.crumb,
        notices=subject.notices,
        keeping=subject.keeping,
        again=subject.again,
        **content,
        **result_content(subject.shown, wanted, catalogue, frame.language, is_part=is_part),
    )
    answer.headers.add_vary_header(SWAP)
    return answer


def _map_of(
    frame: Frame, state: ServiceState, hidden: frozenset[str], subject: _Subject
) -> tuple[Surroundings, ResultMap]:
    catalogue, plan = state.assessor.catalogue, subject.shown.query.get("plan")
    with state.engine.connect() as connection:
        around = surroundings(connection, catalogue, hidden, state.settings.base_maps, frame.language)

    def of_shapes(shapes: Shapes) -> Surroundings:
        query = f"?plan={plan}" if plan else ""
        return with_pieces(around, subject.shown.address, query, shapes.plan.geometry.bounds)

    key = f"{subject.shown.address} {plan}"
    return around, _maps.of((key, around), subject.shown.assessment, partial(subject.shapes, state), of_shapes)


@router.get("/checks/{check_id}/export")
def check_exported(
    check_id: str,
    state: State,
    hidden: HiddenLayers,
    language: Lang,
    f: Annotated[ExportForm, Query()],
    finding: Chosen = None,
) -> Response:
    """Give the findings of a kept check, or those that are selected, as a file."""
    with state.engine.connect() as connection:
        check = get_check(connection, check_id, hidden)
        shapes = shapes_of_check(connection, check) if f == "geojson" else None
    return _file(check.assessment, shapes, f, finding, language)


@router.get("/assessments/{assessment_id}/export")
def assessment_exported(
    assessment_id: str,
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    language: Lang,
    f: Annotated[ExportForm, Query()],
    finding: Chosen = None,
    plan: Plan = None,
) -> Response:
    """Give the findings of a kept assessment, or those that are selected, as a file."""
    with state.engine.connect() as connection:
        stored = open_assessment(connection, caller, hidden, assessment_id, plan)
        shapes = stored_shapes(connection, stored) if f == "geojson" else None
        disputed = reviews_of(connection, stored, hidden=hidden).disputed
    return _file(stored.assessment, shapes, f, finding, language, disputed)


def _file(
    assessment: Assessment,
    shapes: Shapes | None,
    form: ExportForm,
    chosen: list[str] | None,
    language: Any,
    disputed: frozenset[str] = frozenset(),
) -> Response:
    content, media_type = exported(assessment, shapes, form, chosen or (), language, disputed)
    name = f"geomiljo-{assessment.id[:12]}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)


@router.post("/checks/{check_id}/again", dependencies=[Depends(one_of_few_checks)])
def again(check_id: str, state: State, caller: CurrentCaller, hidden: HiddenLayers) -> Response:
    """Check the same area with what is loaded now."""
    with state.engine.connect() as connection:
        check = get_check(connection, check_id, hidden)
    found = check_again(state.engine, state.assessor, state.settings, check, caller=caller, hidden=hidden)
    return RedirectResponse(f"/checks/{found}", 303)


@router.post("/checks/{check_id}/plan", dependencies=[Depends(one_of_few_checks)])
def keep(
    check_id: str,
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    name: Annotated[str, Form()],
    municipality: Annotated[str, Form()],
    designation: Annotated[str, Form()] = "",
    stage: Annotated[str, Form()] = "påbörjad",
) -> Response:
    """Keep a check as a plan of the planner's municipality, and assess it."""
    with state.engine.connect() as connection:
        check = get_check(connection, check_id, hidden)
    stated = {"name": name, "municipality": municipality, "designation": designation, "stage": stage}
    metadata = read_metadata(stated)
    require_known_municipality(state.assessor.catalogue, metadata.municipality)
    require(caller, "plan.create", metadata)
    stored = keep_as_plan(state.engine, state.assessor, check, metadata, caller=caller, hidden=hidden)
    return RedirectResponse(f"/assessments/{stored.id}?plan={stored.plan_id}", 303)
