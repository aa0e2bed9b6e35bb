"""Sessions of people who are signed in: kept in the database, ended there.

The browser's cookie holds a random token; the database knows its hash. A session ends when it is signed out, when it
has not been used for a while, and at the latest after its full length.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, cast

from sqlalchemy import delete, func, insert, select, update

from geomiljo.access import Caller, Role
from geomiljo.accounts.secrets import hash_of, new_secret
from geomiljo.database.access_tables import Session, SignIn

if TYPE_CHECKING:
    from sqlalchemy import Connection

_A_MINUTE = dt.timedelta(minutes=1)


def open_session(connection: Connection, caller: Caller, hours: float) -> str:
    """Open a session of at most `hours`; return its token. Sessions that have ended are swept away."""
    connection.execute(delete(Session).where(Session.expires_at < func.now()))
    token = new_secret()
    connection.execute(
        insert(Session).values(
            hash=hash_of(token),
            caller=caller.id,
            name=caller.name,
            role=caller.role,
            municipality=caller.municipality,
            county=caller.county,
            expires_at=func.now() + dt.timedelta(hours=hours),
        )
    )
    return token


def caller_of_session(connection: Connection, token: str, idle_hours: float) -> Caller | None:
    """Return whose session it is, and note to the minute that it was used; None: the session has ended."""
    found = connection.execute(
        select(Session).where(
            Session.hash == hash_of(token),
            Session.expires_at > func.now(),
            Session.seen_at > func.now() - dt.timedelta(hours=idle_hours),
        )
    ).one_or_none()
    if found is None:
        return None
    connection.execute(
        update(Session)
        .where(Session.hash == found.hash, Session.seen_at < func.now() - _A_MINUTE)
        .values(seen_at=func.now())
    )
    return Caller(found.caller, found.name, cast("Role", found.role), found.municipality, found.county)


def close_session(connection: Connection, token: str) -> None:
    """End a session; one that has ended already is no fault."""
    connection.execute(delete(Session).where(Session.hash == hash_of(token)))


def begin_sign_in(connection: Connection, nonce: str, verifier: str, target: str) -> str:
    """Remember a sign-in for ten minutes; return the state that brings it back."""
    connection.execute(delete(SignIn).where(SignIn.expires_at < func.now()))
    state = new_secret()
    connection.execute(
        insert(SignIn).values(
            hash=hash_of(state),
            nonce=nonce,
            verifier=verifier,
            target=target,
            expires_at=func.now() + dt.timedelta(minutes=10),
        )
    )
    return state


def end_sign_in(connection: Connection, state: str) -> tuple[str, str, str] | None:
    """Take back a sign-in, once: nonce, verifier and target; None: unknown, used or too old."""
    row = connection.execute(
        delete(SignIn)
        .where(SignIn.hash == hash_of(state))
        .returning(SignIn.nonce, SignIn.verifier, SignIn.target, (SignIn.expires_at > func.now()).label("holds"))
    ).one_or_none()
    return (row.nonce, row.verifier, row.target) if row is not None and row.holds else None
