"""Checks that take longer than somebody waits for: done as jobs, kept where the page told that they would be."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from geomiljo.access import ANONYMOUS
from geomiljo.assessments.checking import AreaRequest, run_check
from geomiljo.database.check_tables import UploadRow
from geomiljo.database.work_tables import Job
from geomiljo.jobs.kinds import CheckUpload
from geomiljo.jobs.work import Outcome

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection

    from geomiljo.access import Caller
    from geomiljo.jobs.work import Work


@dataclass(frozen=True, slots=True)
class OpenCheck:
    """A check in the background that has no result: not yet, or it will never have one.

    Attributes
    ----------
    id : str
        Of the job, and of the check when it is made.
    name : str
        As it was stated; otherwise that of the file.
    state : str
        ``queued``, ``running``, ``failed`` or ``cancelled``.
    done : int
        Layers of `total`, which is None until they have been counted.
    """

    id: str
    name: str
    created_at: dt.datetime
    state: str
    done: int
    total: int | None


def open_checks(connection: Connection, caller: Caller, limit: int) -> tuple[OpenCheck, ...]:
    """Return the caller's newest checks without a result whose file is still kept; none of nobody in particular."""
    if caller.id == ANONYMOUS.id:
        return ()
    area = Job.parameters["area"]
    name = func.coalesce(func.nullif(area["name"].astext, ""), UploadRow.name).label("name")
    query = (
        select(Job.id, name, Job.created_at, Job.state, Job.done, Job.total)
        .join(UploadRow, UploadRow.id == area["upload"].astext)
        .where(
            Job.kind == CheckUpload.model_fields["kind"].default,
            Job.caller_id == caller.id,
            Job.state != "succeeded",
            UploadRow.expires_at > func.now(),
        )
        .order_by(Job.created_at.desc(), Job.id)
        .limit(limit)
    )
    return tuple(OpenCheck(**row) for row in connection.execute(query).mappings())


def job_of(request: AreaRequest) -> CheckUpload:
    """Return the job that checks what is asked for."""
    return CheckUpload(area=asdict(request))


def check(work: Work, asked: CheckUpload) -> Outcome:
    """Check an area with the rights of the asker; the check has the id of the job."""
    tools, check_id = work.tools, work.progress.job_id
    stated: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in asked.area.items()
    }

    def told(done: int, of: int, _layer: str | None) -> None:
        work.progress.step(done, of)

    with work.as_caller():
        run_check(
            tools.service,
            tools.assessor,
            tools.settings,
            AreaRequest(**stated),
            caller=work.caller,
            hidden=work.hidden,
            told=told,
            check_id=check_id,
        )
    return Outcome({"check": check_id})
