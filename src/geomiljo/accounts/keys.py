"""API keys: how programs are known. A key is shown once, when it is made; the database keeps its hash.

A key looks like ``gm_1a2b3c4d_…``: the part between the underscores, its prefix, names it in lists and logs.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from sqlalchemy import func, insert, or_, select, update

from geomiljo.access import Caller, Role
from geomiljo.accounts.secrets import hash_of, new_secret
from geomiljo.database.access_tables import ApiKey
from geomiljo.errors import InputError, NotFound
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from sqlalchemy import Connection

Scope = Literal["read", "write"]
_KEY = re.compile(r"gm_(?P<prefix>[0-9a-f]{8})_[A-Za-z0-9_-]{43}")
_LONGEST_DAYS = 3_660


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRequest:
    """What a new key is to be.

    Attributes
    ----------
    municipality, county : str or None
        Four digits, needed by a planner's key; two digits, needed by a reviewer's.
    days : int
        How long the key holds.
    """

    name: str
    role: Role
    municipality: str | None = None
    county: str | None = None
    scope: Scope = "read"
    days: int = 365


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """What is told of a key; never the key itself."""

    prefix: str
    name: str
    role: str
    municipality: str | None
    county: str | None
    scope: str
    created_at: dt.datetime
    created_by: str
    expires_at: dt.datetime
    last_used_at: dt.datetime | None
    revoked_at: dt.datetime | None

    @property
    def state(self) -> Literal["valid", "expired", "revoked"]:
        """Whether the key still opens anything."""
        if self.revoked_at is not None:
            return "revoked"
        return "valid" if self.expires_at > dt.datetime.now(dt.UTC) else "expired"

    def as_json(self) -> dict[str, Any]:
        """Return the key's description as programs read it."""
        return {
            "prefix": self.prefix,
            "name": self.name,
            "role": self.role,
            "municipality": self.municipality,
            "county": self.county,
            "scope": self.scope,
            "state": self.state,
            "createdAt": self.created_at.isoformat(),
            "createdBy": self.created_by,
            "expiresAt": self.expires_at.isoformat(),
            "lastUsedAt": self.last_used_at and self.last_used_at.isoformat(),
            "revokedAt": self.revoked_at and self.revoked_at.isoformat(),
        }


_COLUMNS = tuple(getattr(ApiKey, name) for name in KeyInfo.__dataclass_fields__)


def create_key(connection: Connection, by: Caller, wanted: KeyRequest) -> tuple[str, KeyInfo]:
    """Make a key; return it, for the only time, with its description.

    Raises
    ------
    InputError
        A planner's key without municipality, a reviewer's without county, a role that needs no key, or a lifetime
        below a day or above ten years.
    """
    _check(wanted)
    prefix = secrets.token_hex(4)
    key = f"gm_{prefix}_{new_secret()}"
    row = connection.execute(
        insert(ApiKey)
        .values(
            prefix=prefix,
            hash=hash_of(key),
            name=wanted.name,
            role=wanted.role,
            municipality=wanted.municipality,
            county=wanted.county,
            scope=wanted.scope,
            created_by=by.id,
            expires_at=dt.datetime.now(dt.UTC) + dt.timedelta(days=wanted.days),
        )
        .returning(*_COLUMNS)
    ).one()
    return key, KeyInfo(*row)


def list_keys(connection: Connection) -> list[KeyInfo]:
    """Return all keys, newest first, expired and revoked ones too."""
    return [KeyInfo(*row) for row in connection.execute(select(*_COLUMNS).order_by(ApiKey.created_at.desc()))]


def revoke_key(connection: Connection, prefix: str) -> KeyInfo:
    """Let a key open nothing from now on; return its description.

    Raises
    ------
    NotFound
        There is no such key.
    """
    row = connection.execute(
        update(ApiKey)
        .where(ApiKey.prefix == prefix)
        .values(revoked_at=func.coalesce(ApiKey.revoked_at, func.now()))
        .returning(*_COLUMNS)
    ).one_or_none()
    if row is None:
        raise NotFound(
            _("There is no API key {prefix}."), remedy=_("`geomiljo key list` shows the keys."), prefix=prefix
        )
    return KeyInfo(*row)


def caller_of_key(connection: Connection, key: str) -> Caller | None:
    """Return whose key it is, and note to the minute that it was used; None: the key does not hold."""
    shape = _KEY.fullmatch(key)
    if shape is None:
        return None
    found = connection.execute(
        select(ApiKey.hash, ApiKey.name, ApiKey.role, ApiKey.municipality, ApiKey.county, ApiKey.scope).where(
            ApiKey.prefix == shape["prefix"], ApiKey.revoked_at.is_(None), ApiKey.expires_at > func.now()
        )
    ).one_or_none()
    if found is None or not secrets.compare_digest(found.hash, hash_of(key)):
        return None
    a_minute_ago = func.now() - dt.timedelta(minutes=1)
    connection.execute(
        update(ApiKey)
        .where(ApiKey.prefix == shape["prefix"], or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at < a_minute_ago))
        .values(last_used_at=func.now())
    )
    return Caller(
        f"key:{shape['prefix']}", found.name, cast("Role", found.role), found.municipality, found.county, found.scope
    )


def _check(wanted: KeyRequest) -> None:
    if not wanted.name.strip():
        raise InputError(_("A key needs a name."), remedy=_("Name the program that will use it."))
    if wanted.role == "public":
        raise InputError(_("The role public needs no key."), remedy=_("Choose planner, reviewer or admin."))
    if wanted.role == "planner" and not re.fullmatch(r"\d{4}", wanted.municipality or ""):
        raise InputError(
            _("A planner's key needs its municipality."), remedy=_("State its four digits, for example 0180.")
        )
    if wanted.role == "reviewer" and not re.fullmatch(r"\d{2}", wanted.county or ""):
        raise InputError(_("A reviewer's key needs its county."), remedy=_("State its two digits, for example 01."))
    if not 1 <= wanted.days <= _LONGEST_DAYS:
        raise InputError(
            _("A key cannot hold for {days} days."),
            remedy=_("Choose 1 to {most} days."),
            days=wanted.days,
            most=_LONGEST_DAYS,
        )
