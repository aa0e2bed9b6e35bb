"""What a process's job tells of itself, in the shapes of OGC API Processes 1.0: to who asks, and to who is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from geomiljo.errors import GeomiljoError, kinds
from geomiljo.jobs.files import blocks
from geomiljo.jobs.kinds import parameters_of
from geomiljo.jobs.store import UNFINISHED
from geomiljo.texts import mark as _
from geomiljo.texts import translate

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from sqlalchemy import Connection

    from geomiljo.database.work_tables import Job
    from geomiljo.jobs.kinds import Delivery, OfProcess
    from geomiljo.jobs.processes import Process
    from geomiljo.texts import Language

OUTPUT = "output:"
"""Begins the names of files that are outputs."""
RESULTS = "http://www.opengis.net/def/rel/ogc/1.0/results"
_STATUS = {
    "queued": "accepted",
    "running": "running",
    "succeeded": "successful",
    "failed": "failed",
    "cancelled": "dismissed",
}
STATES = {status: state for state, status in _STATUS.items()}
"""State of our jobs, by the standard's word."""


def asked_of(job: Job) -> OfProcess:
    """Return what a job of a process was asked."""
    asked: Any = parameters_of(job.parameters)
    return asked  # type: ignore[no-any-return]


def status_info(job: Job, base: str, language: Language) -> dict[str, Any]:
    """Return the state of a job.

    Parameters
    ----------
    base : str
        Address of `/ogc`.
    """
    is_leaving = job.cancel_requested and job.state in UNFINISHED
    document = {
        "jobID": job.id,
        "processID": job.kind,
        "type": "process",
        "status": "dismissed" if is_leaving else _STATUS[job.state],
        "message": _message(job, language, is_leaving=is_leaving),
        "created": _time(job.created_at),
        "started": _time(job.started_at),
        "finished": _time(job.finished_at),
        "updated": _time(job.finished_at or job.heartbeat_at or job.created_at),
        "progress": _percent(job),
        "links": list(_links(job, f"{base}/jobs/{job.id}", language)),
    }
    return {name: value for name, value in document.items() if value is not None}


def results_document(process: Process, outputs: Mapping[str, bytes], delivery: Delivery, job_id: str) -> bytes:
    """Return outputs as one JSON document, those by reference as links to the job's results."""
    return orjson.dumps(
        {
            name: reference(process, name, delivery, job_id)
            if delivery.outputs.get(name) == "reference"
            else _inline(process.outputs[name].media_type, content)
            for name, content in outputs.items()
        }
    )


def kept_outputs(connection: Connection, job: Job, names: Collection[str] | None = None) -> dict[str, bytes]:
    """Return the outputs of a job that has succeeded; all unless names are given."""
    kept = [name for name in (job.result or {})["outputs"] if names is None or name in names]
    return {name: b"".join(blocks(connection, job.id, OUTPUT + name)) for name in kept}


def reference(process: Process, name: str, delivery: Delivery, job_id: str) -> dict[str, str]:
    """Return a link to an output of a job."""
    href = f"{delivery.base}/jobs/{job_id}/results/{name}"
    title = translate(process.outputs[name].title, delivery.language)
    return {"href": href, "rel": "item", "type": process.outputs[name].media_type, "title": title}


def failure(job: Job) -> GeomiljoError:
    """Return why a job has failed."""
    told = job.error or {}
    kind = next((kind for kind in kinds() if kind.code == told.get("code")), GeomiljoError)
    return kind(
        told.get("message", ""), remedy=told.get("remedy", ""), location=told.get("location"), **told.get("params", {})
    )


def _inline(media_type: str, content: bytes) -> Any:
    """Return a value as the standard has it: objects but boxes, and texts of a kind of their own, are qualified."""
    if media_type == "text/plain":
        return content.decode()
    if media_type.startswith("text/"):
        return {"mediaType": media_type, "value": content.decode()}
    if content.startswith(b"{") and not content.startswith(b'{"bbox":'):
        return {"mediaType": media_type, "value": orjson.Fragment(content)}
    return orjson.Fragment(content)


def _message(job: Job, language: Language, *, is_leaving: bool) -> str | None:
    if is_leaving:
        return translate(_("The job stops at its next step."), language)
    return translate(job.error["message"], language, **job.error["params"]) if job.error else None


def _time(moment: Any) -> str | None:
    return None if moment is None else moment.isoformat()


def _percent(job: Job) -> int:
    if job.state == "succeeded":
        return 100
    return min(100, 100 * job.done // job.total) if job.total else 0


def _links(job: Job, address: str, language: Language) -> Iterator[dict[str, str]]:
    as_json = {"type": "application/json", "hreflang": language}
    yield {"href": address, "rel": "self", "title": translate(_("The job"), language), **as_json}
    if job.state in UNFINISHED:
        yield {"href": address, "rel": "monitor", "title": translate(_("State of the job"), language), **as_json}
    if job.state == "succeeded":
        yield {"href": f"{address}/results", "rel": RESULTS, "title": translate(_("Results"), language), **as_json}
    if job.state == "failed":
        title = translate(_("Why it failed"), language)
        exceptions = "http://www.opengis.net/def/rel/ogc/1.0/exceptions"
        yield {"href": f"{address}/results", "rel": exceptions, "type": "application/problem+json", "title": title}
