"""Signing in and out, and who one is."""

from __future__ import annotations

import secrets
from typing import Annotated, Any, cast, get_args

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from geomiljo.access import Action, allows
from geomiljo.accounts.provider import CALLBACK, Provider, new_nonce_and_verifier
from geomiljo.accounts.sessions import begin_sign_in, close_session, end_sign_in, open_session
from geomiljo.api.problems import PROBLEM_RESPONSES
from geomiljo.api.security import CurrentCaller, HiddenLayers, session_cookie
from geomiljo.api.state import ServiceState, State
from geomiljo.database.acting import NOBODY, acting_as
from geomiljo.errors import NotFound, NotSignedIn
from geomiljo.texts import mark as _

router = APIRouter(tags=["session"], responses={code: PROBLEM_RESPONSES[code] for code in (401, 403, 404, 503)})
_SIGN_IN_S = 600


@router.get("/api/v1/me", summary="Who the service takes you for")
def me(caller: CurrentCaller, hidden: HiddenLayers) -> dict[str, Any]:
    """Tell the caller's role and place, what the role may do, and which layers are not open to it."""
    return {
        "id": caller.id,
        "name": caller.name,
        "role": caller.role,
        "municipality": caller.municipality,
        "county": caller.county,
        "mayDo": [action for action in get_args(Action) if allows(caller, action)],
        "hiddenLayers": sorted(hidden),
    }


@router.get("/auth/sign-in", summary="Sign in", response_class=RedirectResponse, status_code=303)
def sign_in(
    request: Request, state: State, to: Annotated[str, Query(description="Path of this service to come back to")] = "/"
) -> Response:
    """Send the browser to the OpenID provider."""
    provider = _provider(request)
    nonce, verifier = new_nonce_and_verifier()
    with acting_as(NOBODY), state.engine.begin() as connection:
        token = begin_sign_in(connection, nonce, verifier, own_path(to))
    answer = RedirectResponse(provider.depart(token, nonce, verifier), 303)
    set_cookie(answer, state, _sign_in_cookie(state), token, _SIGN_IN_S)
    return answer


@router.get(CALLBACK, summary="Come back from signing in", response_class=RedirectResponse, status_code=303)
def callback(
    request: Request,
    state: State,
    token: Annotated[str, Query(alias="state")] = "",
    code: str | None = None,
    iss: str | None = None,
    error: str | None = None,
) -> Response:
    """Open a session for who comes back, and send the browser to where it was going.

    Only the browser that was sent away can come back, once, within ten minutes.
    """
    provider = _provider(request)
    cookie = _sign_in_cookie(state)
    remembered = None
    if token and secrets.compare_digest(request.cookies.get(cookie, "").encode(), token.encode()):
        with acting_as(NOBODY), state.engine.begin() as connection:
            remembered = end_sign_in(connection, token)
    if remembered is None or code is None:
        raise NotSignedIn(_("Signing in did not work ({reason})."), remedy=_("Sign in again."), reason=error or "state")
    nonce, verifier, target = remembered
    caller = provider.arrive(code, nonce, verifier, iss)
    with acting_as(NOBODY), state.engine.begin() as connection:
        if old := request.cookies.get(session_cookie(state.settings)):
            close_session(connection, old)
        session = open_session(connection, caller, state.settings.session_hours)
    answer = RedirectResponse(target, 303)
    answer.delete_cookie(cookie, secure=_is_secure(state), httponly=True, samesite="lax")
    set_cookie(answer, state, session_cookie(state.settings), session, int(state.settings.session_hours * 3_600))
    return answer


@router.post(
    "/auth/sign-out",
    summary="Sign out",
    status_code=204,
    responses={303: {"description": "To the start page, for browsers"}},
)
def sign_out(request: Request, state: State) -> Response:
    """End the session. A page of another site sends no cookie, and so takes none away."""
    is_form = "text/html" in request.headers.get("accept", "")
    answer = RedirectResponse("/", 303) if is_form else Response(status_code=204)
    cookie = session_cookie(state.settings)
    if token := request.cookies.get(cookie):
        with state.engine.begin() as connection:
            close_session(connection, token)
        answer.delete_cookie(cookie, secure=_is_secure(state), httponly=True, samesite="lax")
    return answer


def _provider(request: Request) -> Provider:
    provider = cast("Provider | None", request.app.state.provider)
    if provider is None:
        raise NotFound(
            _("Nobody can sign in to this installation."), remedy=_("Its administrator can set GEOMILJO_OIDC_ISSUER.")
        )
    return provider


def own_path(target: str) -> str:
    """Return `target` if it is a path of this service, else the root: nobody is led elsewhere."""
    is_path = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if is_path and "\\" not in target else "/"


def _sign_in_cookie(state: ServiceState) -> str:
    return session_cookie(state.settings) + "-sign-in"


def _is_secure(state: ServiceState) -> bool:
    return state.settings.env != "development"


def set_cookie(answer: Response, state: ServiceState, name: str, value: str, seconds: int) -> None:
    """Let the browser keep a value for so many seconds; no script reads it."""
    answer.set_cookie(name, value, max_age=seconds, path="/", secure=_is_secure(state), httponly=True, samesite="lax")
