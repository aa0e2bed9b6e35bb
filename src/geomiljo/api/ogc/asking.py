"""Answering a request for a process: at once, or by a job."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import Response
from fastapi.responses import JSONResponse

from geomiljo.access import ANONYMOUS, Caller
from geomiljo.analysis.area import PlanArea
from geomiljo.api.ogc.execution import asked_work, read_request
from geomiljo.api.ogc.results import results_answer
from geomiljo.api.security import require
from geomiljo.api.state import ServiceState
from geomiljo.database.acting import Acting, acting_as
from geomiljo.errors import Forbidden, InputError, LimitExceeded, NotSignedIn, TooManyRequests
from geomiljo.jobs import store
from geomiljo.jobs.documents import status_info
from geomiljo.jobs.faults import InvalidParameterValue
from geomiljo.jobs.kinds import CheckArea, CheckPlans, OfProcess
from geomiljo.jobs.process_runs import area_given, area_of_plan, keep_as_job, queue_process, run_process
from geomiljo.jobs.processes import Process
from geomiljo.jobs.work import AtOnce, Tools, Work
from geomiljo.texts import Language
from geomiljo.texts import mark as _

MOST_AT_ONCE = 50
"""Plans that one request assesses while the asker waits."""
_ASYNC, _SYNC = "respond-async", "respond-sync"
_AS_THEY_ARE = (LimitExceeded, TooManyRequests, NotSignedIn, Forbidden, InvalidParameterValue)


@dataclass(frozen=True, slots=True)
class Asking:
    """One request for a process.

    Attributes
    ----------
    hidden : frozenset of str
        Layers that the caller may not see.
    base : str
        Address of `/ogc`.
    """

    state: ServiceState
    caller: Caller
    hidden: frozenset[str]
    process: Process
    language: Language
    base: str
    request_id: str

    def answer(self, body: bytes, preferences: frozenset[str]) -> Response:
        """Return the answer to an execution request."""
        sent = read_request(body)
        asked, document = asked_work(self.process, sent, self.base, self.language, self.state.settings)
        require(self.caller, asked.action())
        area = self._area(asked, document)
        if _ASYNC in preferences and _SYNC not in preferences:
            return self._as_job(asked, document)
        answer = self._at_once(asked, area)
        if _SYNC in preferences:
            answer.headers["Preference-Applied"] = _SYNC
        return answer

    def _area(self, asked: OfProcess, document: dict[str, Any] | None) -> PlanArea | None:
        """Return the area to check, so that a bad one is refused before there is a job."""
        if not isinstance(asked, CheckArea):
            return None
        with _inputs_at_fault("/inputs/area"):
            if asked.layer_set is not None:
                self.state.assessor.catalogue.layers_in_set(asked.layer_set)
            if asked.plan is not None:
                return area_of_plan(self.state.engine, self.caller, asked.plan)
            assert document is not None  # noqa: S101 - one of the two is there
            return area_given(self._tools(), asked, document)

    def _at_once(self, asked: OfProcess, area: PlanArea | None) -> Response:
        if isinstance(asked, CheckPlans) and (asked.plans is None or len(asked.plans) > MOST_AT_ONCE):
            raise LimitExceeded(
                _("While you wait, at most {most} plans are assessed, named by their ids."),
                remedy=_("Send `Prefer: respond-async`, and follow the job."),
                most=MOST_AT_ONCE,
            )
        with _inputs_at_fault("/inputs"):
            made = run_process(Work(self._tools(), self.caller, AtOnce()), asked, area)
        if "reference" not in asked.delivery.outputs.values():
            return results_answer(self.process, made.outputs, asked.delivery)
        self._require_writing()
        with self._acting(), self.state.engine.begin() as connection:
            job_id = keep_as_job(connection, self.caller, asked, made, self.request_id)
        answer = results_answer(self.process, made.outputs, asked.delivery, job_id)
        answer.headers.append("Link", f'<{self.base}/jobs/{job_id}>; rel="monitor"; type="application/json"')
        return answer

    def _as_job(self, asked: OfProcess, document: dict[str, Any] | None) -> Response:
        self._require_writing()
        most = self.state.settings.jobs_per_client
        if self.caller.id == ANONYMOUS.id:
            most = self.state.settings.jobs_anonymous
        with self._acting(), self.state.engine.begin() as connection:
            job_id = queue_process(connection, self.caller, asked, document, most=most, request_id=self.request_id)
            job = store.get_job(connection, job_id)
        headers = {"Location": f"{self.base}/jobs/{job_id}", "Preference-Applied": _ASYNC}
        return JSONResponse(status_info(job, self.base, self.language), 201, headers)

    def _tools(self) -> Tools:
        state = self.state
        return Tools(state.engine, state.engine, state.assessor, state.settings)

    def _require_writing(self) -> None:
        if self.caller.scope == "read":
            raise Forbidden(
                _("This API key only reads."), remedy=_("Use a key that was made with `geomiljo key create --write`.")
            )
        if self.caller.id == ANONYMOUS.id and not self.state.settings.jobs_anonymous:
            raise NotSignedIn(
                _("Background work is for those who are signed in."),
                remedy=_("Sign in, or send an API key as a bearer token."),
            )

    def _acting(self) -> Any:
        """Let the transaction write: where a process only asks, the request's are read-only."""
        return acting_as(Acting(self.caller, self.hidden))


@contextmanager
def _inputs_at_fault(pointer: str) -> Iterator[None]:
    """Let what is wrong with an input be told as the standard has it: 400, and where."""
    try:
        yield
    except _AS_THEY_ARE:
        raise
    except InputError as error:
        within = error.location if error.location and error.location.startswith("/") else ""
        raise InvalidParameterValue(
            error.message, remedy=error.remedy, location=pointer + within, **error.params
        ) from error
