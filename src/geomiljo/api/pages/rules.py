"""Pages of the rules and of the environmental objectives."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from fastapi import Query, Request, Response
from pydantic import Field

from geomiljo.access import Caller
from geomiljo.api.pages.answers import Blank, PageFrame, page, page_router
from geomiljo.api.paging import Cursor, cursor_of, next_link, place_of
from geomiljo.api.security import CurrentCaller, HiddenLayers
from geomiljo.api.state import ServiceState, State
from geomiljo.catalogue.base import BasisStatus
from geomiljo.catalogue.layers import Theme
from geomiljo.catalogue.rules import GROUNDS, SEVERITIES, Ground, Severity
from geomiljo.errors import NotFound
from geomiljo.layers.overview import layer_overview
from geomiljo.layers.versions import switched_off
from geomiljo.pages import plan_words
from geomiljo.pages.conditions import condition_in_words
from geomiljo.pages.objectives import objective_view
from geomiljo.pages.rules import RuleFilter, rule_groups, sections_of
from geomiljo.plans.listing import PlanQuery, list_plans
from geomiljo.plans.visibility import visible
from geomiljo.texts import mark as _
from geomiljo.texts import translate
from geomiljo.wording import ADVICE, BASIS, GROUND, SEVERITY, THEME

router = page_router()
_SORT = "-changedAt"
_ON_A_PAGE = 20


@router.get("/rules")
def rules(
    frame: PageFrame,
    state: State,
    text: Annotated[str, Query(alias="q", max_length=200)] = "",
    theme: Annotated[Theme | None, Blank] = None,
    layer: Annotated[str | None, Blank] = None,
    objective: Annotated[Annotated[int, Field(ge=1, le=16)] | None, Blank] = None,
    severity: Annotated[Severity | None, Blank] = None,
    ground: Annotated[Ground | Literal["advice"] | None, Blank] = None,
    basis: Annotated[BasisStatus | None, Blank] = None,
) -> Response:
    """List the rules."""
    catalogue, language = state.assessor.catalogue, frame.language
    wanted = RuleFilter(text, theme, layer, objective, severity, ground, basis)
    groups = rule_groups(catalogue, wanted)
    grounds = [*((code, GROUND[code]) for code in GROUNDS), ("advice", ADVICE)]
    return page(
        frame,
        "rules.html",
        catalogue=catalogue,
        wanted=wanted,
        groups=groups,
        count=sum(len(found) for _theme, found in groups),
        themes=[(code, translate(THEME[code], language)) for code in get_args(Theme)],
        objective_options=[(n, f"{n} {o.name.get(language)}") for n, o in catalogue.objectives.items()],
        severity_options=[(code, translate(SEVERITY[code], language)) for code in SEVERITIES],
        ground_options=[(code, translate(title, language)) for code, title in grounds],
        basis_options=[(code, translate(title, language)) for code, title in BASIS.items()],
    )


@router.get("/rules/{rule_id}")
def rule(
    rule_id: str,
    request: Request,
    frame: PageFrame,
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    cursor: Cursor = None,
) -> Response:
    """Show a rule, and the plans that it has flagged."""
    catalogue = state.assessor.catalogue
    found = catalogue.rules.get(rule_id)
    if found is None:
        raise NotFound(_("There is no rule {rule}."), rule=rule_id)
    with state.engine.connect() as connection:
        is_off = found.layer in {*switched_off(connection), *catalogue.switched_off}
    return page(
        frame,
        "rule.html",
        catalogue=catalogue,
        rule=found,
        layer=catalogue.layers[found.layer],
        is_off=is_off,
        condition=condition_in_words(found, catalogue, frame.language),
        sections=sections_of(found, catalogue),
        **_plans(request, state, caller, hidden, cursor, rule=rule_id),
    )


@router.get("/objectives")
def objectives(frame: PageFrame, state: State, hidden: HiddenLayers) -> Response:
    """List the environmental objectives."""
    catalogue = state.assessor.catalogue
    with state.engine.connect() as connection:
        rows = {row.id: row for row in layer_overview(connection, catalogue, hidden)}
    views = [objective_view(number, catalogue, rows) for number in catalogue.objectives]
    return page(frame, "objectives.html", catalogue=catalogue, views=views)


@router.get("/objectives/{number}")
def objective(
    number: int,
    request: Request,
    frame: PageFrame,
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    cursor: Cursor = None,
) -> Response:
    """Show an objective: what carries it, what maps cannot tell, and the plans that touch it."""
    catalogue = state.assessor.catalogue
    if number not in catalogue.objectives:
        raise NotFound(_("There is no objective {number}; there are 1 to 16."), number=number)
    with state.engine.connect() as connection:
        rows = {row.id: row for row in layer_overview(connection, catalogue, hidden)}
    return page(
        frame,
        "objective.html",
        catalogue=catalogue,
        view=objective_view(number, catalogue, rows),
        **_plans(request, state, caller, hidden, cursor, objective=number),
    )


def _plans(
    request: Request,
    state: ServiceState,
    caller: Caller,
    hidden: frozenset[str],
    cursor: str | None,
    *,
    rule: str | None = None,
    objective: int | None = None,
) -> dict[str, Any]:
    """Return a page of the plans that a rule flags or that touch an objective, of those that the caller may see."""
    asked = PlanQuery(
        rule=rule,
        objective=objective,
        limit=_ON_A_PAGE,
        after=place_of(cursor, _SORT),
        where=visible(caller),
        hidden=hidden,
    )
    with state.engine.connect() as connection:
        found = list_plans(connection, asked)
    following = next_link(request, cursor_of(_SORT, found.next) if found.next else None)
    return {"plans": found.items, "next_page": following, "plan_words": plan_words}
