"""Running one job: from the row to its outcome, whatever happens on the way."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from procrastinate.exceptions import JobAborted
from structlog.contextvars import bound_contextvars

from geomiljo.errors import GeomiljoError
from geomiljo.jobs import kinds, layers, plans, uploads
from geomiljo.jobs.callbacks import tell_ended
from geomiljo.jobs.process_runs import process_job
from geomiljo.jobs.progress import JobCancelled, JobTakenOver, Progress, WorkerStopping, begin
from geomiljo.jobs.store import get_job, owner
from geomiljo.jobs.work import Outcome, Tools, Work
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Callable

    from procrastinate import JobContext

    from geomiljo.database.work_tables import Job

_log = logging.getLogger("geomiljo.jobs")
_tracer = trace.get_tracer("geomiljo.jobs")
HANDLERS: dict[type[kinds.Parameters], Callable[[Work, Any], Outcome]] = {
    kinds.LoadLayer: layers.load,
    kinds.RefreshLayers: layers.refresh,
    kinds.AssessPlans: plans.assess,
    kinds.RecheckStale: plans.recheck_stale,
    kinds.ExportAssessments: plans.export,
    kinds.CheckArea: process_job,
    kinds.CheckUpload: uploads.check,
    kinds.CheckPlans: process_job,
    kinds.Echo: process_job,
}


class JobFailed(GeomiljoError):
    """Background work could not be done, or not all of it."""

    code = "job-failed"
    title = _("The job failed")


def run_job(tools: Tools, context: JobContext, job_id: str) -> None:
    """Run a job of the queue to its end; errors end up in the job, not in the queue."""
    progress = begin(tools.engine, job_id, context.should_abort)
    if progress is None:
        return  # cancelled meanwhile
    with tools.engine.connect() as connection:
        job = get_job(connection, job_id)
    with (
        bound_contextvars(job_id=job_id, job_kind=job.kind, request_id=job.request_id),
        _tracer.start_as_current_span(f"job {job.kind}", attributes={"geomiljo.job.id": job_id}),
    ):
        asked = kinds.parameters_of(job.parameters)
        _run(tools, job, asked, progress)
        if isinstance(asked, kinds.OfProcess):
            tell_ended(tools, job_id, asked.delivery)


def _run(tools: Tools, job: Job, asked: kinds.Parameters, progress: Progress) -> None:
    try:
        outcome = HANDLERS[type(asked)](Work(tools, owner(job), progress), asked)
    except JobCancelled:
        progress.end("cancelled")
    except WorkerStopping:
        progress.end("queued")
        raise JobAborted from None
    except JobTakenOver:
        _log.warning("another worker has taken over")
    except GeomiljoError as error:
        progress.say_error(error)
        progress.end("failed", error=error)
    except Exception:  # noqa: BLE001 - whatever it is, the job must end
        _log.exception("job failed")
        progress.end("failed", error=_unexpected(job.id))
    else:
        progress.end("failed" if outcome.failed else "succeeded", outcome.result, _incomplete(outcome))


def _incomplete(outcome: Outcome) -> JobFailed | None:
    if not outcome.failed:
        return None
    return JobFailed(
        _("{failed} of {of} could not be done."),
        remedy=_("The log of the job tells why; what was done stays."),
        failed=outcome.failed,
        of=outcome.of,
    )


def _unexpected(job_id: str) -> JobFailed:
    return JobFailed(
        _("Something went wrong inside the job. Tell the operator of the service its id {job}."), job=job_id
    )
