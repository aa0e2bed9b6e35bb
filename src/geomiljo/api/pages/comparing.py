"""The page that shows two assessments of a plan beside each other."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Query, Response

from geomiljo.api.limits import one_of_few_checks
from geomiljo.api.pages.answers import Blank, PageFrame, page, page_router
from geomiljo.api.routes.assessments import open_assessment
from geomiljo.api.routes.plans import open_plan
from geomiljo.api.security import CurrentCaller, HiddenLayers
from geomiljo.api.state import State
from geomiljo.assessments.compare import compare_assessments
from geomiljo.assessments.store import list_assessments
from geomiljo.errors import NotFound
from geomiljo.pages.compare import finding_cards, kind_counts, layer_rows, objective_rows
from geomiljo.texts import mark as _
from geomiljo.wording import DIFFERENCE, Difference

router = page_router()
AssessmentId = Annotated[str | None, Blank, Query(max_length=64)]


@router.get("/plans/{plan_id}/compare", dependencies=[Depends(one_of_few_checks)])
def compare(
    plan_id: uuid.UUID,
    frame: PageFrame,
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    was: Annotated[AssessmentId, Query(alias="from")] = None,
    now: Annotated[AssessmentId, Query(alias="to")] = None,
    show: Annotated[Difference | None, Blank] = None,
) -> Response:
    """Compare two assessments of a plan: those named, else the two newest."""
    catalogue, language = state.assessor.catalogue, frame.language
    with state.engine.connect() as connection:
        plan = open_plan(connection, caller, plan_id)
        newest = [stored.id for stored in list_assessments(connection, plan_id, hidden=hidden)[:2]]
        if len(newest) < 2 and not (was and now):
            raise NotFound(
                _("The plan has been assessed fewer than two times: there is nothing to compare."),
                remedy=_("Assess it again when the plan or the data have changed."),
            )
        before = open_assessment(connection, caller, hidden, was or newest[1], plan_id)
        after = open_assessment(connection, caller, hidden, now or newest[0], plan_id)
    comparison = compare_assessments(state.engine, state.assessor, before, after)
    cards = finding_cards(before.assessment, after.assessment, comparison, catalogue, language)
    return page(
        frame,
        "compare.html",
        section="plans",
        catalogue=catalogue,
        plan=plan,
        before=before,
        after=after,
        comparison=comparison,
        cards=[card for card in cards if show in (None, card.kind)],
        counts=kind_counts(cards),
        kinds=DIFFERENCE,
        show=show,
        layers=layer_rows(comparison, catalogue, language),
        objectives=objective_rows(comparison, catalogue, language),
        here=f"/plans/{plan_id}/compare?from={before.id}&to={after.id}",
    )
