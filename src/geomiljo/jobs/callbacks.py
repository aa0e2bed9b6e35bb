"""Telling a subscriber that a job has begun or ended: only at origins that the operator allows."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx2
import orjson

from geomiljo.jobs.documents import kept_outputs, results_document, status_info
from geomiljo.jobs.faults import InvalidParameterValue
from geomiljo.jobs.processes import process_of
from geomiljo.jobs.progress import add_line
from geomiljo.jobs.store import get_job
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from geomiljo.database.work_tables import Job
    from geomiljo.jobs.kinds import Delivery
    from geomiljo.jobs.work import Tools
    from geomiljo.settings import Settings

TIMEOUT_S = 10.0
_PORTS = {"http": 80, "https": 443}
_log = logging.getLogger("geomiljo.jobs")


def require_allowed(uri: str, settings: Settings, location: str) -> None:
    """Refuse an address that jobs may not call.

    Raises
    ------
    InvalidParameterValue
    """
    allowed = {_origin(origin) for origin in settings.callback_origins} - {None}
    if _origin(uri) in allowed:
        return
    raise InvalidParameterValue(
        _("Jobs may not call {uri}."),
        remedy=_(
            "Follow the job at its address instead; GEOMILJO_CALLBACK_ORIGINS names the origins that may be called."
        ),
        location=location,
        uri=uri[:200],
    )


def tell_begun(tools: Tools, job_id: str, delivery: Delivery) -> None:
    """Send the job's state to who wants to know that it runs."""
    if delivery.in_progress_uri is None:
        return
    with tools.engine.connect() as connection:
        job = get_job(connection, job_id)
    _post(tools, job_id, delivery.in_progress_uri, _status(job, delivery))


def tell_ended(tools: Tools, job_id: str, delivery: Delivery) -> None:
    """Send the results, or the state of a job that has none; one that was laid down has not ended."""
    if delivery.success_uri is None and delivery.failed_uri is None:
        return
    with tools.engine.connect() as connection:
        job = get_job(connection, job_id)
    if job.state == "succeeded" and delivery.success_uri is not None:
        _post(tools, job_id, delivery.success_uri, _results(tools, job, delivery))
    elif job.state in {"failed", "cancelled"} and delivery.failed_uri is not None:
        _post(tools, job_id, delivery.failed_uri, _status(job, delivery))


def _status(job: Job, delivery: Delivery) -> bytes:
    return orjson.dumps(status_info(job, delivery.base, delivery.language))


def _results(tools: Tools, job: Job, delivery: Delivery) -> bytes:
    with tools.engine.connect() as connection:
        outputs = kept_outputs(connection, job)
    return results_document(process_of(tools.assessor.catalogue, job.kind), outputs, delivery, job.id)


def _post(tools: Tools, job_id: str, uri: str, body: bytes) -> None:
    """Send `body` once; what goes wrong stands in the job's log and changes nothing of the job."""
    try:
        require_allowed(uri, tools.settings, "")
        with httpx2.Client(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False) as client:
            answer = client.post(uri, content=body, headers={"Content-Type": "application/json"})
            answer.raise_for_status()
    except (InvalidParameterValue, httpx2.InvalidURL, httpx2.HTTPError) as error:
        _log.warning("callback failed", extra={"job_id": job_id, "reason": str(error)})
        with tools.engine.begin() as connection:
            message = _("{uri} could not be told: {reason}")
            add_line(connection, job_id, message, "warning", {"uri": uri, "reason": str(error)[:200]})


def _origin(uri: str) -> tuple[str, str, int] | None:
    """Return scheme, host and port; None for what is no plain http address."""
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None or parts.password is not None:
        return None
    return parts.scheme, parts.hostname, port or _PORTS[parts.scheme]
