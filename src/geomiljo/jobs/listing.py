"""Finding jobs of processes: by process, state, time and duration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Float, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from geomiljo.access import ANONYMOUS
from geomiljo.database.work_tables import Job
from geomiljo.jobs.documents import STATES

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection

    from geomiljo.access import Caller

SEEN_BY_ALL = "echo"
"""Process whose jobs hold nothing that anybody must not know."""
OPEN = ("check-area", SEEN_BY_ALL)
"""Processes that are open to everybody; a job of nobody in particular is open to who knows its id."""
ALL = (*OPEN, "check-plans")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobQuery:
    """Which jobs are wanted; None and empty: whichever.

    Attributes
    ----------
    processes, statuses : tuple of str
    since, until : datetime or None
        When they were created, both ends included.
    least_s, most_s : float or None
        How long they have run.
    """

    processes: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    least_s: float | None = None
    most_s: float | None = None


def process_jobs(connection: Connection, caller: Caller, query: JobQuery, limit: int) -> Sequence[Job]:
    """Return the newest jobs of processes that the caller sees in lists."""
    conditions = [Job.kind.in_(ALL), *_seen(caller), *_wanted(query)]
    statement = select(Job).where(and_(*conditions)).order_by(Job.created_at.desc(), Job.id).limit(limit)
    with Session(connection) as session:
        rows = session.scalars(statement).all()
        session.expunge_all()
    return rows


def is_open_to(job: Job, caller: Caller) -> bool:
    """Return whether the caller may see a job of a process whose id is known."""
    if job.kind not in ALL:
        return False
    if caller.role == "admin":
        return True
    if job.caller_id == ANONYMOUS.id:
        return job.kind in OPEN
    return job.caller_id == caller.id


def _seen(caller: Caller) -> Iterator[ColumnElement[bool]]:
    if caller.role == "admin":
        return
    nobodys = and_(Job.caller_id == ANONYMOUS.id, Job.kind == SEEN_BY_ALL)
    yield nobodys if caller.id == ANONYMOUS.id else or_(Job.caller_id == caller.id, nobodys)


def _wanted(query: JobQuery) -> Iterator[ColumnElement[bool]]:
    if query.processes:
        yield Job.kind.in_(query.processes)
    if query.statuses:
        yield Job.state.in_([STATES[status] for status in query.statuses])
    if query.since is not None:
        yield Job.created_at >= query.since
    if query.until is not None:
        yield Job.created_at <= query.until
    ran_s = cast(func.extract("epoch", func.coalesce(Job.finished_at, func.now()) - Job.started_at), Float)
    if query.least_s is not None:
        yield ran_s >= query.least_s
    if query.most_s is not None:
        yield ran_s <= query.most_s
