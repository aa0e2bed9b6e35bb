"""Tables of background work. The queue itself is procrastinate's, in the schema `work`, made by the migration.

`job` is what people see of a job; the queue's row is what workers take. Both are written in one transaction.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, LargeBinary, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geomiljo.database.tables import Base


class Job(Base):
    """Background work: who wanted what, how far it has come and what came of it.

    `state`: ``queued`` → ``running`` → ``succeeded``, ``failed`` or ``cancelled``; a job whose worker was lost is
    queued once more.
    """

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint(
            "state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')", name="job_state_is_known"
        ),
        Index("job_of_caller", "caller_id", "created_at"),
        Index("job_unfinished", "state", postgresql_where=text("state IN ('queued', 'running')")),
    )

    id: Mapped[str] = mapped_column(primary_key=True, doc="Random, 32 hexadecimal digits")
    kind: Mapped[str]
    state: Mapped[str]
    caller_id: Mapped[str]
    caller: Mapped[dict[str, Any]] = mapped_column(JSONB, doc="Whose rights the job has")
    parameters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    started_at: Mapped[dt.datetime | None]
    finished_at: Mapped[dt.datetime | None]
    heartbeat_at: Mapped[dt.datetime | None] = mapped_column(doc="When the job last told how far it has come")
    done: Mapped[int] = mapped_column(server_default="0")
    total: Mapped[int | None] = mapped_column(doc="Unknown until the work has been counted")
    run: Mapped[int] = mapped_column(server_default="0", doc="Raised at each start: only the latest run may write")
    losses: Mapped[int] = mapped_column(server_default="0", doc="How often a worker was lost while it ran")
    cancel_requested: Mapped[bool] = mapped_column(server_default=text("false"))
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    error: Mapped[dict[str, Any] | None] = mapped_column(JSONB, doc="Code, template, remedy and places of an error")
    request_id: Mapped[str | None] = mapped_column(doc="The request that asked for the job")
    queue_id: Mapped[int | None] = mapped_column(BigInteger, doc="Row of the queue")


class JobLine(Base):
    """A line of a job's log: a template with its places, so that it can be told in either language."""

    __tablename__ = "job_line"

    job_id: Mapped[str] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Identity(), primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(server_default=func.clock_timestamp())
    level: Mapped[str]
    message: Mapped[str]
    params: Mapped[dict[str, Any]] = mapped_column(JSONB)


class JobFile(Base):
    """A block of a file that goes into a job or comes out of it; every service process and worker can read it."""

    __tablename__ = "job_file"

    job_id: Mapped[str] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class RequestKey(Base):
    """An `Idempotency-Key` that has been used, with the answer that it got; without status: still being answered."""

    __tablename__ = "request_key"
    __table_args__ = (Index("request_key_age", "created_at"),)

    scope: Mapped[str] = mapped_column(primary_key=True, doc="SHA-256 over credentials, path and key")
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    body_hash: Mapped[str | None]
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
