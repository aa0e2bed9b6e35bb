"""Tables of API keys, sessions and sign-ins under way."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, LargeBinary, func
from sqlalchemy.orm import Mapped, mapped_column

from geomiljo.database.tables import Base


class ApiKey(Base):
    """A key of a program. The secret itself is kept nowhere."""

    __tablename__ = "api_key"
    __table_args__ = (
        CheckConstraint("role IN ('planner', 'reviewer', 'admin')", name="key_role_is_known"),
        CheckConstraint("scope IN ('read', 'write')", name="key_scope_is_known"),
    )

    prefix: Mapped[str] = mapped_column(primary_key=True, doc="Eight hexadecimal digits, shown")
    hash: Mapped[bytes] = mapped_column(LargeBinary, doc="SHA-256 of the whole key")
    name: Mapped[str]
    role: Mapped[str]
    municipality: Mapped[str | None]
    county: Mapped[str | None]
    scope: Mapped[str] = mapped_column(doc="read: the key changes nothing")
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    created_by: Mapped[str]
    expires_at: Mapped[dt.datetime]
    last_used_at: Mapped[dt.datetime | None] = mapped_column(doc="To the minute")
    revoked_at: Mapped[dt.datetime | None]


class Session(Base):
    """Somebody who is signed in; the cookie holds the token that this row knows the hash of."""

    __tablename__ = "session"
    __table_args__ = (
        CheckConstraint("role IN ('public', 'planner', 'reviewer', 'admin')", name="session_role_is_known"),
    )

    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True, doc="SHA-256 of the token")
    caller: Mapped[str]
    name: Mapped[str]
    role: Mapped[str]
    municipality: Mapped[str | None]
    county: Mapped[str | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    seen_at: Mapped[dt.datetime] = mapped_column(server_default=func.now(), doc="To the minute")
    expires_at: Mapped[dt.datetime]


class SignIn(Base):
    """A sign-in under way: sent to the provider, not yet back."""

    __tablename__ = "sign_in"

    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True, doc="SHA-256 of the state")
    nonce: Mapped[str]
    verifier: Mapped[str] = mapped_column(doc="PKCE code verifier")
    target: Mapped[str] = mapped_column(doc="Path to go to afterwards")
    expires_at: Mapped[dt.datetime]
