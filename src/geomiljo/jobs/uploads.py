"""Checks that take longer than somebody waits for: done as jobs, kept where the page told that they would be."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from geomiljo.assessments.checking import AreaRequest, run_check
from geomiljo.jobs.kinds import CheckUpload
from geomiljo.jobs.work import Outcome

if TYPE_CHECKING:
    from geomiljo.jobs.work import Work


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
