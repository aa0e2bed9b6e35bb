"""The start page: where an area is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Response
from sqlalchemy import Connection

from geomiljo.access import Caller
from geomiljo.api.pages.answers import PageFrame, page, page_router
from geomiljo.api.security import CurrentCaller, HiddenLayers
from geomiljo.api.state import ServiceState, State
from geomiljo.assessments.checks import MOST_RECENT, recent_checks
from geomiljo.jobs.uploads import open_checks
from geomiljo.maps.overlays import image_origins
from geomiljo.pages.example import DEMO_MUNICIPALITY, example_rows, shipped_outline
from geomiljo.pages.maps import start_map
from geomiljo.pages.site import Frame
from geomiljo.pages.start import Fault, filled, options, recent_rows
from geomiljo.plans.listing import ListedPlan, PlanQuery, list_plans
from geomiljo.plans.versions import outlines
from geomiljo.plans.visibility import visible
from geomiljo.publishing.overlays import surroundings

router = page_router()
_MOST_EXAMPLES = 3


@router.get("/")
def start(frame: PageFrame, state: State, caller: CurrentCaller, hidden: HiddenLayers) -> Response:
    """Show the ways to give an area, and the checks that one has made lately."""
    return start_page(frame, state, caller, hidden)


def start_page(
    frame: Frame,
    state: ServiceState,
    caller: Caller,
    hidden: frozenset[str],
    form: Mapping[str, Any] | None = None,
    fault: Fault | None = None,
    status: int = 200,
) -> Response:
    """Return the start page, with what was written in its form and what is wrong with it."""
    with state.engine.connect() as connection:
        recent = recent_checks(connection, caller, hidden)
        waiting = open_checks(connection, caller, MOST_RECENT)
        examples = _examples(connection, state, caller, hidden)
        shapes = outlines(connection, [listed.plan.version_id for listed in examples])
        around = surroundings(connection, state.assessor.catalogue, hidden, state.settings.base_maps, frame.language)
    fragments = start_map(state.assessor.catalogue, around)
    return page(
        frame,
        "start.html",
        scripts=[fragments.script],
        images=image_origins(around.base_maps),
        fragments=fragments,
        around=around,
        section="check",
        status=status,
        form=filled(form or {}),
        fault=fault,
        recent=recent_rows(recent, waiting, frame.language),
        examples=example_rows(examples, shapes, frame.language),
        shipped_outline=shipped_outline(),
        most_megabytes=state.settings.max_upload_bytes // 1_000_000,
        **options(state.assessor.catalogue, frame.language),
    )


def _examples(
    connection: Connection, state: ServiceState, caller: Caller, hidden: frozenset[str]
) -> tuple[ListedPlan, ...]:
    """Return plans of the demo municipality that the caller may see."""
    if DEMO_MUNICIPALITY not in state.assessor.catalogue.municipalities:
        return ()
    query = PlanQuery(municipality=(DEMO_MUNICIPALITY,), where=visible(caller), hidden=hidden, limit=_MOST_EXAMPLES)
    return list_plans(connection, query).items
