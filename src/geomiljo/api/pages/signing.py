"""Who one is, and in which language one reads: demo identities, and the switch of languages."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from geomiljo.accounts.demo import demo_identity
from geomiljo.accounts.sessions import open_session
from geomiljo.api.pages.answers import PageFrame, page, page_router
from geomiljo.api.routes.session import own_path, set_cookie
from geomiljo.api.security import session_cookie
from geomiljo.api.state import LANGUAGE_COOKIE, ServiceState, State
from geomiljo.database.acting import NOBODY, acting_as
from geomiljo.errors import NotFound
from geomiljo.texts import Language
from geomiljo.texts import mark as _
from geomiljo.wording import ROLE

router = page_router()
_A_YEAR_S = 31_536_000
Target = Annotated[str, Query(alias="to")]


@router.get("/language/{language}")
def switch(language: Language, state: State, target: Target = "/") -> Response:
    """Remember the language in which somebody reads, and go back to what was read."""
    answer = RedirectResponse(own_path(target), 303)
    set_cookie(answer, state, LANGUAGE_COOKIE, language, _A_YEAR_S)
    return answer


@router.get("/auth/demo")
def identities(frame: PageFrame, state: State, target: Target = "/") -> Response:
    """Show whom one can be while the service runs for development."""
    _require_development(state)
    municipalities, counties = _places(state)
    ways = [
        ("planner", ROLE["planner"], sorted(municipalities.items())),
        ("reviewer", ROLE["reviewer"], sorted(counties.items())),
        ("admin", ROLE["admin"], []),
    ]
    return page(frame, "identities.html", ways=ways, target=own_path(target))


@router.post("/auth/demo")
def become(
    request: Request,
    state: State,
    role: Annotated[str, Form()],
    place: Annotated[str, Form()] = "",
    target: Annotated[str, Form(alias="to")] = "/",
) -> Response:
    """Sign in as a demo identity."""
    _require_development(state)
    caller = demo_identity(role, place, *_places(state))
    with acting_as(NOBODY), state.engine.begin() as connection:
        token = open_session(connection, caller, state.settings.session_hours)
    answer = RedirectResponse(own_path(target), 303)
    set_cookie(answer, state, session_cookie(state.settings), token, int(state.settings.session_hours * 3_600))
    return answer


def _places(state: ServiceState) -> tuple[dict[str, str], dict[str, str]]:
    """Return the names of municipalities and counties by their codes."""
    registers = state.assessor.catalogue
    return (
        {code: municipality.name for code, municipality in registers.municipalities.items()},
        {code: county.name for code, county in registers.counties.items()},
    )


def _require_development(state: ServiceState) -> None:
    if state.settings.env != "development":
        raise NotFound(
            _("Demo identities exist only where the service runs for development."),
            remedy=_("Sign in with your organisation's account."),
        )
