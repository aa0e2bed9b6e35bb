"""A check that goes on in the background: how far it has come, at the address where its result will be."""

from __future__ import annotations

from fastapi import Response
from fastapi.responses import RedirectResponse

from geomiljo.access import ANONYMOUS, Caller
from geomiljo.api.job_document import job_error
from geomiljo.api.pages.answers import page, page_router
from geomiljo.api.security import CurrentCaller
from geomiljo.api.state import ServiceState, State
from geomiljo.database.work_tables import Job
from geomiljo.errors import NotFound
from geomiljo.jobs.kinds import CheckUpload, parameters_of
from geomiljo.jobs.store import UNFINISHED, cancel_job, get_job, no_such_job
from geomiljo.pages.site import Frame

router = page_router()


def check_job(state: ServiceState, check_id: str) -> Job | None:
    """Return the job that makes a check; whoever has the address may know of it, as of the check."""
    try:
        with state.engine.connect() as connection:
            job = get_job(connection, check_id)
    except NotFound:
        return None
    return job if job.kind == CheckUpload.model_fields["kind"].default else None


def waiting_page(frame: Frame, job: Job) -> Response:
    """Show how far a check has come, or why it ended without a result."""
    asked = parameters_of(job.parameters)
    upload = asked.area["upload"] if isinstance(asked, CheckUpload) else ""
    return page(
        frame,
        "waiting.html",
        section="check",
        status=202 if job.state in UNFINISHED else 200,
        job=job,
        is_under_way=job.state in UNFINISHED,
        error=job_error(job.error, frame.language) if job.error else None,
        may_cancel=_may_cancel(job, frame.caller),
        upload=upload,
    )


def _may_cancel(job: Job, caller: Caller) -> bool:
    return job.caller_id in {ANONYMOUS.id, caller.id}


@router.post("/checks/{check_id}/cancel")
def cancel(check_id: str, state: State, caller: CurrentCaller) -> Response:
    """Cancel a check in the background: at once while it waits, else at its next step."""
    job = check_job(state, check_id)
    if job is None or not _may_cancel(job, caller):
        raise no_such_job(check_id)
    with state.engine.begin() as connection:
        cancel_job(connection, check_id)
    return RedirectResponse(f"/checks/{check_id}", 303)
