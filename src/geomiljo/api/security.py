"""Who asks, and whether that caller may: the door's side of `geomiljo.access`.

A request is made by the holder of an API key (``Authorization: Bearer gm_…``), by somebody signed in (session cookie),
or by anybody. A key or session that does not hold is refused; it never falls back to anybody.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from geomiljo.access import ANONYMOUS, Action, Caller, Subject, allows
from geomiljo.errors import Forbidden, NotFound, NotSignedIn
from geomiljo.texts import mark as _


async def current_caller(request: Request) -> Caller:
    """Return who makes the request.

    Raises
    ------
    NotSignedIn
        A key or session is given that does not hold.
    """
    return ANONYMOUS


CurrentCaller = Annotated[Caller, Depends(current_caller)]


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
    if subject is not None and not allows(caller, "plan.read", subject):
        raise NotFound(_("There is no such plan, or it is not open to you."))
    if caller.role == "public":
        raise NotSignedIn(
            _("This is for those who are signed in."), remedy=_("Sign in, or send an API key as a bearer token.")
        )
    raise Forbidden(
        _("Your role, {role}, does not allow this here ({action})."),
        remedy=_("Ask the administrator of the installation for the role that it needs."),
        role=caller.role,
        action=action,
    )
