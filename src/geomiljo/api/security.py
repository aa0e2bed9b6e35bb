"""Who asks, and whether that caller may: the door's side of `geomiljo.access`.

A request is made by the holder of an API key (``Authorization: Bearer gm_…``), by somebody signed in (session cookie),
or by anybody. A key that does not hold is refused; it never falls back to anybody. A session that has ended does, for
reading alone.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from geomiljo.access import ANONYMOUS, Action, Caller, Subject, allows
from geomiljo.accounts.keys import caller_of_key
from geomiljo.accounts.sessions import caller_of_session
from geomiljo.api.state import ServiceState, service_state
from geomiljo.database.acting import Acting, act
from geomiljo.errors import Forbidden, NotFound, NotSignedIn
from geomiljo.layers.hidden import hidden_layers
from geomiljo.settings import Settings
from geomiljo.texts import mark as _

READING = frozenset({"GET", "HEAD", "OPTIONS"})
_ASKING = frozenset({"/api/v1/checks", "/ogc/processes/check-area/execution", "/ogc/processes/echo/execution"})
"""Where a POST asks and changes nothing."""


async def current_caller(request: Request) -> Caller:
    """Return who makes the request, and let its transactions be that caller's.

    Every route has it as a dependency, so that no transaction of a request is without a caller; those of requests
    that only read are read-only.

    Raises
    ------
    NotSignedIn
        A key is given that does not hold, or a session that has ended is to change something.
    Forbidden
        A request that changes something comes with a key that only reads, or with a session from a page of another
        site.
    """
    state = service_state(request)
    caller = request.state.caller = await _known_caller(request, state)
    reads = request.method in READING or request.url.path in _ASKING
    if caller.scope == "read" and not reads:
        raise Forbidden(
            _("This API key only reads."), remedy=_("Use a key that was made with `geomiljo key create --write`.")
        )
    hidden = hidden_layers(caller, state.assessor.catalogue, state.settings)
    act(Acting(caller, hidden, is_read_only=reads))
    return caller


CurrentCaller = Annotated[Caller, Depends(current_caller)]


def hidden_from_caller(request: Request, caller: CurrentCaller) -> frozenset[str]:
    """Return the layers that the caller may not see."""
    state = service_state(request)
    return hidden_layers(caller, state.assessor.catalogue, state.settings)


HiddenLayers = Annotated[frozenset[str], Depends(hidden_from_caller)]


def require(caller: Caller, action: Action, subject: Subject | None = None) -> None:
    """Let pass who may do `action`, refuse others.

    Raises
    ------
    NotFound
        The plan is not open to the caller; told as if it did not exist.
    NotSignedIn
        Nobody is signed in, and some signed-in role may do it.
    Forbidden
        The role may not do it, or not to this plan.
    """
    if allows(caller, action, subject):
        return
    if subject is not None and action != "plan.create" and not allows(caller, "plan.read", subject):
        raise NotFound(_("There is no such plan, or it is not open to you."))
    if caller.id == ANONYMOUS.id:
        raise NotSignedIn(
            _("This is for those who are signed in."), remedy=_("Sign in, or send an API key as a bearer token.")
        )
    raise Forbidden(
        _("Your role, {role}, does not allow this here ({action})."),
        remedy=_("Ask the administrator of the installation for the role that it needs."),
        role=caller.role,
        action=action,
    )


def session_cookie(settings: Settings) -> str:
    """Return the name of the session's cookie; the prefix binds it to this host and to HTTPS."""
    return "geomiljo" if settings.env == "development" else "__Host-geomiljo"


async def _known_caller(request: Request, state: ServiceState) -> Caller:
    given = request.headers.get("authorization")
    if given is not None:
        return await run_in_threadpool(_holder_of_key, state, given)
    token = request.cookies.get(session_cookie(state.settings))
    if token is None:
        return ANONYMOUS
    reads = request.method in READING
    if not reads and not _is_from_own_page(request, state.settings):
        raise Forbidden(
            _("The request comes from a page of another site."),
            remedy=_("Do it on a page of this service, or send an API key instead of the cookie."),
        )
    caller = await run_in_threadpool(_signed_in, state, token)
    if caller is None and not reads:
        raise NotSignedIn(_("You are no longer signed in."), remedy=_("Sign in again."))
    return caller or ANONYMOUS


def _holder_of_key(state: ServiceState, header: str) -> Caller:
    scheme, _space, key = header.partition(" ")
    caller = None
    if scheme.lower() == "bearer":
        with state.engine.begin() as connection:
            caller = caller_of_key(connection, key.strip())
    if caller is None:
        raise NotSignedIn(
            _("The API key is unknown, expired or revoked."),
            remedy=_("Send `Authorization: Bearer gm_…` with a key that holds, or no key at all."),
        )
    return caller


def _signed_in(state: ServiceState, token: str) -> Caller | None:
    with state.engine.begin() as connection:
        return caller_of_session(connection, token, state.settings.session_idle_hours)


def _is_from_own_page(request: Request, settings: Settings) -> bool:
    """Return whether a browser says that one of our own pages makes the request; old browsers send the origin alone."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = urlsplit(request.headers.get("origin", ""))
    own = urlsplit(settings.public_url or str(request.base_url))
    return bool(origin.netloc) and (origin.scheme, origin.netloc) == (own.scheme, own.netloc)
